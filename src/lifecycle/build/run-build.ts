import { formatBuildpackPlan } from '../../cnb/index.ts';
import type { BuildpackPlan, Env } from '../../cnb/index.ts';
import type { ProcessExit, ProcessSpec, Sandbox, SandboxPath } from '../../executor/index.ts';
import type { EventSink } from '../../foundation/index.ts';
import { executableEnv } from '../buildpack-env.ts';
import type { PhaseEnvironment, ProvidedEnv } from '../buildpack-env.ts';
import type { LifecycleEvent } from '../events.ts';
import type { MountedDirectory } from '../mounted-directory.ts';
import { executablePath } from '../module-store.ts';
import { notStarted } from '../not-started.ts';
import type { LocatedModule } from '../module-store.ts';
import { PLAN_FILE, createPlanFolder } from '../plan-folder.ts';
import { BuildpackError } from './buildpack-error.ts';

export interface RunBuildOptions {
  /** bin/build unless it says otherwise; bin/plan takes the same arguments. */
  readonly program?: 'build' | 'plan';
  readonly sandbox: Sandbox;
  readonly events: EventSink<LifecycleEvent>;
  readonly environment: PhaseEnvironment;
  readonly provided: ProvidedEnv;
  /** What earlier buildpacks left. */
  readonly env: Env;
  readonly plan: BuildpackPlan;
  readonly app: SandboxPath;
  /** The buildpack's own folder in `<layers>`, as processes see it. */
  readonly layers: SandboxPath;
  readonly scratch: MountedDirectory;
  readonly signal: AbortSignal | undefined;
}

/** Runs bin/build of one buildpack and streams what it prints (C100). Throws {@link BuildpackError}. */
export async function runBuild(module: LocatedModule, options: RunBuildOptions): Promise<void> {
  const { descriptor } = module;
  const { environment, layers, events } = options;
  const platform = environment.platform.sandboxPath;
  const planPath = `${createPlanFolder(options.scratch, formatBuildpackPlan(options.plan)).sandboxPath}/${PLAN_FILE}`;
  const sink = (stream: 'stdout' | 'stderr') => (bytes: Uint8Array) => events({ kind: 'output', buildpack: descriptor.id, stream, bytes });
  const exit = await run(module, options, {
    command: [executablePath(module, options.program ?? 'build'), layers, platform, planPath],
    cwd: options.app,
    env: executableEnv({ environment, provided: options.provided, module, env: options.env, paths: { CNB_BP_PLAN_PATH: planPath, CNB_LAYERS_DIR: layers } }),
    stdout: sink('stdout'),
    stderr: sink('stderr'),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  if (exit.code !== 0) throw new BuildpackError(descriptor, exit);
}

async function run({ descriptor }: LocatedModule, { sandbox }: RunBuildOptions, process: ProcessSpec): Promise<ProcessExit> {
  try {
    return await sandbox.run(process);
  } catch (error) {
    throw notStarted(error) ? new BuildpackError(descriptor, error) : error;
  }
}
