import { join } from 'node:path';
import { removeTree } from '../foundation/index.ts';
import { abandonedWork, acquireLock, createWorkDirectory } from '../store/index.ts';
import { cacheKey } from './build-cache.ts';
import { claimFolders } from './claim-folders.ts';
import { LAYERS } from './layout.ts';
import { createBuildRecord } from './build-record.ts';
import { openSource } from './open-source.ts';
import { planBuild } from './plan-build.ts';
import type { BuildOptions, Task } from './api.ts';
import type { BuildSettings } from './build-settings.ts';
import type { BuildSituation } from './build-situation.ts';
import type { BuildPorts, ResolvedBuilder } from './ports.ts';

/** What is done with an opened build. */
export interface BuildWork<Result> {
  /** Before anything is fetched. */
  readonly check?: (settings: BuildSettings) => Promise<void>;
  /** `key` names the layer cache of the data folder; nobody else works with it meanwhile. */
  readonly run: (situation: BuildSituation, key: string) => Promise<Result>;
}

/**
 * Everything that comes before the phases: settings, builder, sandbox, the lock of the layer cache, a work folder that is gone
 * afterwards. A plan is opened as a build is, so that it cannot be about anything else.
 */
export async function withBuild<Result>(options: BuildOptions, task: Task, ports: BuildPorts, work: BuildWork<Result>): Promise<Result> {
  const { events, signal } = task;
  const record = createBuildRecord(events);
  using source = await openSource(options, task, ports);
  const settings = planBuild(source.options, task, ports);
  await work.check?.(settings);
  for (const abandoned of abandonedWork(ports.home)) removeTree(abandoned);

  const builder = await findBuilder(settings, task, ports);
  record.add({ kind: 'consumed', what: 'builder', name: builder.name });
  for (const fact of builder.facts) record.add(fact);
  const sandbox = await ports.openSandbox(settings.executor, events, signal);

  const key = cacheKey(settings, builder);
  using _lock = await acquireLock(join(ports.home.locks, `build-${key}`), {
    signal,
    onWait: (holder) =>
      events({
        kind: 'message',
        level: 'info',
        message: `Waiting for another build of ${settings.image}${holder === undefined ? '' : ` (process ${holder.pid})`}`,
      }),
  });
  using _claim = sandbox.inPlace === true ? claimFolders([settings.workspace, LAYERS], settings.path) : undefined;
  const workDirectory = createWorkDirectory(ports.home);
  try {
    return await work.run({ settings, task, ports, record, builder, sandbox, workDirectory }, key);
  } finally {
    removeTree(workDirectory);
  }
}

function findBuilder(settings: BuildSettings, { events, signal }: Task, ports: BuildPorts): Promise<ResolvedBuilder> {
  return ports.resolveBuilder({
    name: settings.builder,
    platform: settings.platform,
    frozen: settings.frozen,
    modules: settings.modules,
    ...(settings.runImage === undefined ? {} : { runImage: settings.runImage }),
    registry: settings.names[0].registry,
    pullPolicy: settings.pullPolicy,
    insecureRegistries: settings.insecureRegistries,
    publish: settings.outputs.some(({ kind }) => kind === 'registry'),
    user: settings.user,
    events,
    signal,
  });
}
