import { mkdirSync } from 'node:fs';
import { DOWNLOADS_VARIABLE, TspackError } from '../foundation/index.ts';
import { listMounted, mountedChild } from '../lifecycle/index.ts';
import { stageSource } from '../source/index.ts';
import { accountHome, isSystemFolder } from './account-home.ts';
import { buildFolders, mountsOf } from './build-folders.ts';
import { linkElsewhere } from './link-elsewhere.ts';
import { makeHomeFolder } from './home-folder.ts';
import { DEFAULT_WORKSPACE, DOWNLOADS } from './layout.ts';
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
export async function prepareBuild(situation: BuildSituation, modules: ModuleStore): Promise<PreparedBuild> {
  const { settings, task, ports, record, builder, sandbox } = situation;
  requireFreeWorkspace(settings, builder);
  const accountsHome = homeOf(settings, builder);
  const folders = buildFolders(situation, accountsHome);
  const { workspace, platform, home, scratch, downloads } = folders;
  const staged = await stageSource(settings.path, workspace.hostPath, { ...settings.source, without: [ports.home.directory] }, task.signal);
  record.add({
    ...{ kind: 'consumed', what: 'source', name: settings.origin?.name ?? settings.path, sizeBytes: staged.sizeBytes },
    ...(settings.origin?.git === undefined ? {} : { version: settings.origin.git.commit }),
  });

  const host = await ports.hostSettings(builder.root);
  for (const message of host.warnings) task.events({ kind: 'message', level: 'warning', message });
  createPlatformDirectory(platform.hostPath, { ...host.platformEnv, ...builder.platformEnv, ...settings.env });
  const inbox = mountedChild(downloads, 'inbox');
  for (const folder of [scratch, inbox]) mkdirSync(folder.hostPath, { recursive: true });
  const keepsHome = isSystemFolder(accountsHome);
  if (!keepsHome) makeHomeFolder(home.hostPath, builder.root, accountsHome);
  const own: readonly Mount[] = [
    ...host.mounts,
    ...builder.mounts,
    ...[...reachableBuildpacks(builder, modules), ...builder.extensions].flatMap((folder) => mountsOf(folder, false)),
    ...mountsOf(platform, false),
    ...(keepsHome ? [] : mountsOf(home, true)),
    ...mountsOf(workspace, true),
    ...mountsOf(scratch, true),
    ...mountsOf(inbox, true),
  ];
  const store: Mount = { kind: 'bind', source: ports.downloads.directory as HostPath, target: `${DOWNLOADS}/store` as SandboxPath, writable: false };
  const elsewhere = [store, ...volumeMounts(settings.volumes, settings.workspace, [...own, store])];
  if (sandbox.inPlace === true) linkElsewhere(elsewhere, folders);
  const mounts = sandbox.inPlace === true ? own : [...own, ...elsewhere];
  return {
    appDirectory: workspace.hostPath,
    layers: folders.layers,
    inbox: inbox.hostPath,
    scratch,
    environment: (layers) => ({
      root: builder.root,
      user: { uid: builder.user.uid, gid: builder.user.gid },
      mounts: [...mounts, ...layers],
      network: settings.network,
      hostname: 'tspack',
    }),
    phases: {
      platformApi: builder.platformApi,
      imageEnv: builder.env,
      extraEnv: { HOME: keepsHome ? accountsHome : home.sandboxPath, [DOWNLOADS_VARIABLE]: downloads.sandboxPath, ...host.env },
      platform,
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
