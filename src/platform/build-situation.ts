import type { Digest } from '../foundation/index.ts';
import type { MountedDirectory, PhaseEnvironment } from '../lifecycle/index.ts';
import type { BuildEnvironment, Mount } from '../executor/index.ts';
import type { Task } from './api.ts';
import type { BuildRecorder } from './build-record.ts';
import type { BuildSettings } from './build-settings.ts';
import type { PhaseName } from './build-fact.ts';
import type { BuildPorts, BuildSandbox, ResolvedBuilder } from './ports.ts';

/** What every step of a build needs to know. */
export interface BuildSituation {
  readonly settings: BuildSettings;
  readonly task: Task;
  readonly ports: BuildPorts;
  readonly record: BuildRecorder;
  readonly builder: ResolvedBuilder;
  readonly sandbox: BuildSandbox;
  /** Folder of this build alone; gone when it ends. */
  readonly workDirectory: string;
}

/** The folders of a build, and what processes see of them. */
export interface PreparedBuild {
  readonly layers: MountedDirectory;
  /** Host folder of the application's copy. */
  readonly appDirectory: string;
  /** A folder that processes may write to. */
  readonly scratch: MountedDirectory;
  /** Host folder into which buildpacks put what they have downloaded. */
  readonly inbox: string;
  /** Where buildpacks run, with `<layers>` mounted so. */
  readonly environment: (layers: readonly Mount[]) => BuildEnvironment;
  /** What detect and build share, the target apart. */
  readonly phases: Omit<PhaseEnvironment, 'target'>;
}

/** Runs one phase: says when it starts and ends, and writes down how long it took. */
export async function runPhase<Result>({ task, record }: BuildSituation, phase: PhaseName, run: () => Promise<Result>): Promise<Result> {
  const begun = performance.now();
  task.signal.throwIfAborted();
  task.events({ kind: 'phase-started', phase });
  const result = await run();
  const milliseconds = performance.now() - begun;
  record.add({ kind: 'time', phase, milliseconds });
  task.events({ kind: 'phase-finished', phase, milliseconds });
  return result;
}

/** Says and writes down that the image now stands somewhere under these names. */
export function announceDelivery({ task, record }: BuildSituation, place: string, names: readonly string[], digest: Digest): void {
  for (const name of names) {
    record.add({ kind: 'delivered', place, name, digest });
    task.events({ kind: 'delivered', place, name, digest });
  }
}
