import type { BuildEvent } from '../../index.ts';
import type { CliContext, DisplayOptions } from '../context.ts';
import type { Console } from './console.ts';
import { formatBytes, formatDuration, formatTable } from './measure.ts';
import { ProgramOutput } from './program-output.ts';
import { Transfers } from './transfers.ts';
import type { Style } from './style.ts';
import { visible, visibleLines } from './untrusted.ts';

/** A phase shows its clock when nothing else moves and it has taken this long. */
const SLOW_PHASE_MILLISECONDS = 1000;

type LayerEvent = Extract<BuildEvent, { kind: 'layer' }>;

/** The text of a build's events on standard error: pack's words where pack has them. */
export class BuildEvents {
  private readonly console: Console;
  private readonly context: CliContext;
  private readonly display: DisplayOptions;
  private readonly transfers: Transfers;
  private readonly steps = new Map<string, { readonly label: string; readonly startedAt: number }>();
  private readonly outputs = new Map<string, ProgramOutput>();
  private phase: { readonly name: string; readonly startedAt: number } | undefined;

  constructor(console: Console, context: CliContext, display: DisplayOptions) {
    this.console = console;
    this.context = context;
    this.display = display;
    this.transfers = new Transfers(console, context.now, display.verbose);
    console.show(() => this.liveLines());
  }

  /** Shows one event. */
  readonly add = (event: BuildEvent): void => {
    if (event.kind === 'transfer') {
      this.transfers.add(event);
      this.console.refresh();
      return;
    }
    this.transfers.settle();
    if (event.kind !== 'output') this.flushOutputs();
    this.show(event);
  };

  result(_value: object, text: (style: Style) => string): void {
    this.close();
    if (!this.display.quiet) this.console.line(text(this.console.style));
  }

  /** Shows what is still held back, and removes the live block. */
  close(): void {
    this.transfers.settle();
    this.flushOutputs();
    this.console.close();
  }

  private show(event: Exclude<BuildEvent, { kind: 'transfer' }>): void {
    const { console } = this;
    switch (event.kind) {
      case 'phase-started':
        this.phase = { name: event.phase, startedAt: this.milliseconds() };
        console.line(console.style.header(`===> ${event.phase.toUpperCase()}`));
        return;
      case 'phase-finished':
        this.phase = undefined;
        if (this.display.verbose) console.line(console.style.faint(`${event.phase} took ${formatDuration(event.milliseconds)}`));
        return;
      case 'step':
        this.step(event);
        return;
      case 'message':
        this.message(event);
        return;
      case 'output':
        this.output(event);
        return;
      case 'group':
        if (event.considered > event.buildpacks.length) console.line(`${event.buildpacks.length} of ${event.considered} buildpacks participating`);
        if (event.buildpacks.length > 0) console.line(formatTable(event.buildpacks.map(({ id, version }) => [visible(id), visible(version)])));
        return;
      case 'layer':
        console.line(describeLayer(event));
        return;
      case 'buildpack-started':
      case 'consumed':
      case 'choice':
      case 'decision':
      case 'verdict':
        return;
      case 'buildpack-finished':
        if (this.display.verbose)
          console.line(console.style.faint(`${visible(event.buildpack)} ${visible(event.version)} took ${formatDuration(event.milliseconds)}`));
        return;
      case 'delivered':
        console.line(`Saved ${visible(event.name)}${event.place === 'file' ? '' : ` in ${visible(event.place)}`} (${visible(event.digest)})`);
        return;
    }
  }

  private message(event: Extract<BuildEvent, { kind: 'message' }>): void {
    if (event.level === 'debug' && !this.display.verbose) return;
    const lead = event.level === 'warning' ? `${this.console.style.warning('Warning:')} ` : '';
    this.console.line(lead + visibleLines(event.message));
  }

  /** A step shows in the live block while it lasts; in a pipe when it starts, because it may take long. */
  private step(event: Extract<BuildEvent, { kind: 'step' }>): void {
    const started = this.steps.get(event.id);
    if (event.finished) {
      this.steps.delete(event.id);
      const time = started === undefined ? '' : ` (${formatDuration(this.milliseconds() - started.startedAt)})`;
      this.console.line(`${visible(event.label)}: done${time}`);
    } else if (started === undefined) {
      this.steps.set(event.id, { label: event.label, startedAt: this.milliseconds() });
      if (this.console.isLive) this.console.refresh();
      else this.console.line(`${visible(event.label)} ...`);
    }
  }

  private output(event: Extract<BuildEvent, { kind: 'output' }>): void {
    const key = `${event.stream} ${event.buildpack}`;
    let output = this.outputs.get(key);
    if (output === undefined) {
      output = new ProgramOutput((lines) => this.console.line(lines), this.display.color);
      this.outputs.set(key, output);
    }
    output.add(event.bytes);
  }

  private flushOutputs(): void {
    for (const output of this.outputs.values()) output.flush();
    this.outputs.clear();
  }

  private liveLines(): readonly string[] {
    const time = this.milliseconds();
    const steps = [...this.steps.values()].map(({ label, startedAt }) => `${visible(label)} · ${formatDuration(time - startedAt)}`);
    const lines = [...steps, ...this.transfers.lines()];
    const phaseTime = this.phase === undefined ? 0 : time - this.phase.startedAt;
    if (lines.length === 0 && this.phase !== undefined && phaseTime >= SLOW_PHASE_MILLISECONDS) lines.push(`${this.phase.name} · ${formatDuration(phaseTime)}`);
    return lines.map((line) => `  ${line}`);
  }

  private milliseconds(): number {
    return this.context.now().getTime();
  }
}

function describeLayer(event: LayerEvent): string {
  const name = `'${visible(event.name)}'`;
  const size = event.sizeBytes === undefined ? '' : ` (${formatBytes(event.sizeBytes)})`;
  const reason = event.reason === undefined ? '' : `: ${visible(event.reason)}`;
  switch (event.action) {
    case 'restoring':
      return `Restoring ${name} from cache${size}${reason}`;
    case 'removing':
      return `Removing ${name}${size}${reason}`;
    case 'reusing':
      return `Reusing layer ${name}${size}${reason}`;
    case 'adding':
      return `Adding layer ${name}${size}${reason}`;
    case 'caching':
      return `Adding cache layer ${name}${size}${reason}`;
    case 'keeping':
      return `Reusing cache layer ${name}${size}${reason}`;
  }
}
