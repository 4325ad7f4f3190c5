import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DOWNLOADS_VARIABLE, TspackError } from '../foundation/index.ts';
import { listMounted } from '../lifecycle/index.ts';
import { stageSource } from '../source/index.ts';
import { accountHome, isSystemFolder } from './account-home.ts';
import { makeHomeFolder } from './home-folder.ts';
import { DEFAULT_WORKSPACE, DOWNLOADS, PLATFORM, SCRATCH } from './layout.ts';
import { reachableBuildpacks } from './modules/reachable-modules.ts';
import { createPlatformDirectory } from './platform-directory.ts';
import { volumeMounts } from './volume-mounts.ts';
import type { HostPath, Mount, SandboxPath } from '../executor/index.ts';
import type { ModuleStore } from '../lifecycle/index.ts';
import type { BuildSituation, PreparedBuild } from './build-situation.ts';
import type { BuildSettings } from './build-settings.ts';
import type { ResolvedBuilder } from './ports.ts';

/**
 * Copies the source and makes the folders that processes see. Throws what staging throws, `BUILD_OPTION_INVALID`,
 * `ENV_NAME_INVALID`, `VOLUME_TARGET_INVALID`, `VOLUME_SOURCE_MISSING`, and what reading descriptors of buildpacks throws.
 */
export async function prepareBuild({ settings, task, ports, record, builder, workDirectory }: BuildSituation, modules: ModuleStore): Promise<PreparedBuild> {
  const at = (name: string) => join(workDirectory, name);
  requireFreeWorkspace(settings, builder);
  const staged = await stageSource(settings.path, at('workspace'), { ...settings.source, without: [ports.home.directory] }, task.signal);
  record.add({
    ...{ kind: 'consumed', what: 'source', name: settings.origin?.name ?? settings.path, sizeBytes: staged.sizeBytes },
    ...(settings.origin?.git === undefined ? {} : { version: settings.origin.git.commit }),
  });

  const host = await ports.hostSettings(builder.root);
  for (const message of host.warnings) task.events({ kind: 'message', level: 'warning', message });
  createPlatformDirectory(at('platform'), { ...host.platformEnv, ...builder.platformEnv, ...settings.env });
  for (const name of ['scratch', 'downloads']) mkdirSync(at(name), { recursive: true });
  const home = homeOf(settings, builder);
  if (!isSystemFolder(home)) makeHomeFolder(at('home'), builder.root, home);
  const own: readonly Mount[] = [
    ...host.mounts,
    ...builder.mounts,
    ...[...reachableBuildpacks(builder, modules), ...builder.extensions].map(({ hostPath, sandboxPath }) => bind(hostPath, sandboxPath, false)),
    bind(at('platform'), PLATFORM, false),
    ...(isSystemFolder(home) ? [] : [bind(at('home'), home, true)]),
    bind(at('workspace'), settings.workspace, true),
    bind(at('scratch'), SCRATCH, true),
    bind(ports.downloads.directory, `${DOWNLOADS}/store`, false),
    bind(at('downloads'), `${DOWNLOADS}/inbox`, true),
  ];
  const mounts = [...own, ...volumeMounts(settings.volumes, settings.workspace, own)];
  return {
    appDirectory: at('workspace'),
    inbox: at('downloads'),
    scratch: { hostPath: at('scratch') as HostPath, sandboxPath: SCRATCH },
    environment: (layers) => ({
      root: builder.root,
      user: { uid: builder.user.uid, gid: builder.user.gid },
      mounts: [...mounts, layers],
      network: settings.network,
      hostname: 'tspack',
    }),
    phases: {
      platformApi: builder.platformApi,
      imageEnv: builder.env,
      extraEnv: { HOME: home, [DOWNLOADS_VARIABLE]: DOWNLOADS, ...host.env },
      platform: { hostPath: at('platform') as HostPath, sandboxPath: PLATFORM },
      ...(builder.buildConfig === undefined ? {} : { buildConfig: builder.buildConfig }),
      execEnv: settings.execEnv,
    },
  };
}

/** A user of `--uid` has the home of that account; one without an account lives where the builder's user does. */
function homeOf({ user }: BuildSettings, builder: ResolvedBuilder): string {
  return (user.uid === undefined ? undefined : accountHome(builder.root, user.uid)) ?? builder.user.home;
}

/** A workspace over `/usr` would take the programs of the build image away. The home is a copy in each build. */
function requireFreeWorkspace(settings: BuildSettings, builder: ResolvedBuilder): void {
  const { workspace } = settings;
  if (workspace === DEFAULT_WORKSPACE || workspace === homeOf(settings, builder)) return;
  if (listMounted({ hostPath: builder.root, sandboxPath: '/' as SandboxPath }, workspace.slice(1)).length === 0) return;
  throw new TspackError({
    code: 'BUILD_OPTION_INVALID',
    message: `Cannot put the application at "${workspace}": it would hide files of the build image`,
    nextStep: 'Write for example --workspace /app',
  });
}

function bind(source: string, target: string, writable: boolean): Mount {
  return { kind: 'bind', source: source as HostPath, target: target as SandboxPath, writable };
}
