import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { median } from './measure.ts';
import { packageOrder } from './order.ts';
import { watchPhases } from './watch-phases.ts';
import type { Contender, Contenders } from './contenders.ts';
import type { PhaseTimes } from './watch-phases.ts';

/** Medians of one build, in milliseconds. */
export interface PhaseMedians {
  readonly detect: number;
  readonly export: number;
}

export interface LifecycleResult {
  /** As it is by default: a container for each phase. */
  readonly pack: PhaseMedians;
  /** With builder and buildpacks trusted: all phases in one container, as one process. */
  readonly creator: PhaseMedians;
  readonly tspack: PhaseMedians;
}

/**
 * Detection of a long order, and the export of an image in which nothing has changed: one application, rebuilt by both
 * tools in turn. Each phase lasts from the line that begins it to that of the next.
 */
export async function lifecyclePhases(
  { pack, tspack, builder, packProgram, packEnv }: Contenders,
  options: { readonly directory: string; readonly repetitions: number; readonly say: (text: string) => void },
): Promise<LifecycleResult> {
  const directory = join(options.directory, 'lifecycle');
  const app = join(directory, 'app');
  mkdirSync(app, { recursive: true });
  writeFileSync(join(app, 'file'), 'application');
  const buildpack = packageOrder(directory, packProgram, packEnv);
  const times = { pack: [] as PhaseTimes[], creator: [] as PhaseTimes[], tspack: [] as PhaseTimes[] };
  const build = (who: keyof LifecycleResult) => {
    const { build: command }: Contender = who === 'tspack' ? tspack : pack;
    const { command: words, env } = command(`lifecycle-${who}`, app, 'local');
    // The builder has the reference lifecycle, and pack's own image of it is not to be had everywhere.
    const more = { pack: ['--lifecycle-image', builder], creator: ['--trust-extra-buildpacks'], tspack: [] }[who];
    return watchPhases({ command: [...words, '--buildpack', buildpack, ...more], env });
  };
  const all = ['pack', 'creator', 'tspack'] as const;
  for (const who of all) await build(who);
  for (let repetition = 0; repetition < options.repetitions; repetition++) {
    for (const who of all) times[who].push(await build(who));
  }
  const medians = (runs: readonly PhaseTimes[]) => {
    const of = (...phases: readonly string[]) => median(runs.map((run) => phases.reduce((sum, phase) => sum + phaseTime(run, phase), 0)));
    return { detect: of('DETECTING'), export: of('ANALYZING', 'RESTORING', 'EXPORTING') };
  };
  const result = { pack: medians(times.pack), creator: medians(times.creator), tspack: medians(times.tspack) };
  for (const phase of ['detect', 'export'] as const) {
    const each = all.map((who) => `${who} ${Math.round(result[who][phase])} ms`).join(', ');
    options.say(`${phase}: ${each}, 1/${(result.pack[phase] / result.tspack[phase]).toFixed(1)}`);
  }
  return result;
}

function phaseTime(run: PhaseTimes, phase: string): number {
  const time = run.get(phase);
  if (time === undefined) throw new Error(`Cannot compare: a build did not say "===> ${phase}"`);
  return time;
}
