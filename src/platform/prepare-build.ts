import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { stageSource } from '../source/index.ts';
import { EXEC_ENV, PLATFORM, PLATFORM_API, SCRATCH, WORKSPACE } from './layout.ts';
import { createPlatformDirectory } from './platform-directory.ts';
import { volumeMounts } from './volume-mounts.ts';
import type { HostPath, Mount, SandboxPath } from '../executor/index.ts';
import type { BuildSituation, PreparedBuild } from './build-situation.ts';

/**
 * Copies the source and makes the folders that processes see. Throws what staging throws, `ENV_NAME_INVALID`,
 * `VOLUME_TARGET_INVALID` and `VOLUME_SOURCE_MISSING`.
 */
export async function prepareBuild({ options, task, ports, record, builder, workDirectory }: BuildSituation): Promise<PreparedBuild> {
  const at = (name: string) => join(workDirectory, name);
  const staged = await stageSource(options.path, at('workspace'), { without: [ports.home.directory] }, task.signal);
  record.add({ kind: 'consumed', what: 'source', name: options.path, sizeBytes: staged.sizeBytes });

  const host = await ports.hostSettings(builder.root);
  createPlatformDirectory(at('platform'), { ...host.platformEnv, ...options.env });
  for (const folder of ['home', 'scratch']) mkdirSync(at(folder), { recursive: true });
  const own: readonly Mount[] = [
    ...host.mounts,
    ...builder.mounts,
    ...builder.buildpacks.map(({ hostPath, sandboxPath }) => bind(hostPath, sandboxPath, false)),
    bind(at('platform'), PLATFORM, false),
    bind(at('workspace'), WORKSPACE, true),
    bind(at('home'), builder.user.home, true),
    bind(at('scratch'), SCRATCH, true),
  ];
  const mounts = [...own, ...volumeMounts(options.volumes, own)];
  return {
    appDirectory: at('workspace'),
    scratch: { hostPath: at('scratch') as HostPath, sandboxPath: SCRATCH },
    environment: (layers) => ({
      root: builder.root,
      user: { uid: builder.user.uid, gid: builder.user.gid },
      mounts: [...mounts, layers],
      network: options.network,
      hostname: 'tspack',
    }),
    phases: {
      platformApi: PLATFORM_API,
      imageEnv: builder.env,
      extraEnv: { HOME: builder.user.home, ...host.env },
      platform: { hostPath: at('platform') as HostPath, sandboxPath: PLATFORM },
      execEnv: EXEC_ENV,
    },
  };
}

function bind(source: string, target: string, writable: boolean): Mount {
  return { kind: 'bind', source: source as HostPath, target: target as SandboxPath, writable };
}
