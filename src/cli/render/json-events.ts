import type { BuildEvent } from '../../index.ts';
import type { CliContext, DisplayOptions } from '../context.ts';
import { jsonLine } from './json-line.ts';
import { ProgramOutput } from './program-output.ts';

/** A transfer says how far it is this often. */
const TRANSFER_INTERVAL_MILLISECONDS = 1000;

type Kind<K extends BuildEvent['kind']> = Extract<BuildEvent, { kind: K }>;

/** Events as docs/log-format.md describes them, a JSON object on each line of standard error. */
export class JsonEvents {
  private readonly context: CliContext;
  private readonly options: DisplayOptions;
  private readonly outputs = new Map<string, ProgramOutput>();
  private readonly steps = new Set<string>();
  private readonly saidAt = new Map<string, number>();

  constructor(context: CliContext, options: DisplayOptions) {
    this.context = context;
    this.options = options;
  }

  readonly add = (event: BuildEvent): void => {
    if (event.kind === 'output') return this.output(event);
    // What was printed before something happened stands before it.
    if (event.kind !== 'transfer') this.close();
    if (event.kind === 'transfer') return this.transfer(event);
    if (event.kind === 'step') return this.step(event);
    if (event.kind === 'message' && event.level === 'debug' && !this.options.verbose) return;
    const { kind, ...members } = event;
    this.write(kind, members);
  };

  result(value: object): void {
    this.close();
    this.write('result', value);
  }

  close(): void {
    for (const output of this.outputs.values()) output.flush();
    this.outputs.clear();
  }

  private write(type: string, members: object): void {
    this.context.stderr.write(jsonLine(this.context.now(), type, members));
  }

  private output({ buildpack, stream, bytes }: Kind<'output'>): void {
    const key = `${stream} ${buildpack}`;
    let output = this.outputs.get(key);
    if (output === undefined) {
      output = new ProgramOutput((lines) => {
        for (const text of lines.split('\n')) this.write('output', { buildpack, stream, text });
      }, this.options.color);
      this.outputs.set(key, output);
    }
    output.add(bytes);
  }

  private step({ id, label, finished }: Kind<'step'>): void {
    // Some steps tell again and again how far they are.
    if (!finished && this.steps.has(id)) return;
    if (finished) this.steps.delete(id);
    else this.steps.add(id);
    this.write(finished ? 'step-finished' : 'step-started', { id, label });
  }

  private transfer(event: Kind<'transfer'>): void {
    const time = this.context.now().getTime();
    if (!event.finished && time - (this.saidAt.get(event.id) ?? Number.NEGATIVE_INFINITY) < TRANSFER_INTERVAL_MILLISECONDS) return;
    if (event.finished) this.saidAt.delete(event.id);
    else this.saidAt.set(event.id, time);
    const { kind, ...members } = event;
    this.write(kind, members);
  }
}
