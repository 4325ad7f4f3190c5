import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { TspackError } from '../../foundation/index.ts';
import { createDaemonClient } from '../../daemon/index.ts';
import type { ContainerSpec, Daemon, DaemonSecurity } from '../../daemon/index.ts';
import type { BuildEnvironment, Executor, HostPath, Mount, ProcessSpec, Sandbox } from '../index.ts';
import { OWNER_LABEL } from './abandoned-containers.ts';
import { ENV_PROGRAM, SHELL_PROGRAM, containerCommand } from './container-command.ts';
import { containerMounts, isBelow, isMissing, makeMountPoints } from './container-mounts.ts';
import { containerUser } from './container-user.ts';
import type { ContainerUser, UserIds } from './container-user.ts';
import { giveTree } from './give-tree.ts';
import { knownUserMounts } from './known-user.ts';
import { runContainer } from './run-container.ts';
import { Turnstile } from './turnstile.ts';

export interface ContainerOptions {
  readonly daemon: Daemon;
  readonly security: DaemonSecurity;
  /** Of this process. */
  readonly caller: UserIds;
  /** The name of an image of the daemon with the content of a root; loads it when the daemon lacks it. */
  readonly imageOf: (root: HostPath) => Promise<string>;
  /** Everything in this folder is tspack's: bound folders in it may change hands, and get mount points. */
  readonly ownDirectory: HostPath;
  /** For small files that are the same for every build with the same image. */
  readonly cacheDirectory: HostPath;
  /** Says whose the containers are, for `removeAbandonedContainers`. */
  readonly owner: string;
  /** Whether the daemon has a first process of its own; `probeContainers` finds out. Default true. */
  readonly init?: boolean;
}

/** A run holds a connection of the daemon's 16 for as long as it lasts. */
const CONTAINERS_AT_ONCE = 8;

/**
 * Runs each process as a container of Docker or Podman: read-only root, no capabilities, no new privileges, nothing of
 * the host's environment (DESIGN.md §3). Files in bound folders belong to the caller when a run ends. Overlay mounts and
 * terminals are refused. Throws `SANDBOX_FAILED`, and the errors of the daemon.
 */
export function createContainerExecutor(options: ContainerOptions): Executor {
  const client = createDaemonClient(options.daemon);
  const turnstile = new Turnstile(CONTAINERS_AT_ONCE);

  async function open(environment: BuildEnvironment): Promise<Sandbox> {
    const image = await options.imageOf(environment.root);
    const user = containerUser({ daemon: options.daemon.name, security: options.security, caller: options.caller, wanted: environment.user });
    const known = user.ids.uid === environment.user.uid ? [] : knownMounts(environment, user, options);
    let running = 0;

    return {
      run: (spec) =>
        turnstile.pass(async () => {
          spec.signal?.throwIfAborted();
          const mounts = [...known, ...environment.mounts, ...(spec.mounts ?? [])];
          const container = containerSpec({ environment, spec, mounts, image, user, options });
          // What others are writing to must be left alone; it was given to them before the first began.
          const shared = ownFolders(environment.mounts, options.ownDirectory);
          const own = ownFolders(spec.mounts ?? [], options.ownDirectory);
          if (running === 0) makeMountPoints(environment.root, mounts, options.ownDirectory);
          if (user.needsOwnership) give(running === 0 ? [...shared, ...own] : own, user.ids);
          running++;
          try {
            return await runContainer(client, container, spec);
          } finally {
            running--;
            if (user.needsOwnership) give(running === 0 ? [...shared, ...own] : own, options.caller);
          }
        }),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
  }

  return { name: 'container', open };
}

function knownMounts({ root, user: named }: BuildEnvironment, user: ContainerUser, { cacheDirectory }: ContainerOptions): readonly Mount[] {
  return knownUserMounts(root, named, user.ids, join(cacheDirectory, `${root.split('/').at(-1) ?? ''}-${user.ids.uid}-${user.ids.gid}`));
}

/** Read-only ones too: what the caller's umask kept to himself must be readable. */
function ownFolders(mounts: readonly Mount[], ownDirectory: HostPath): readonly HostPath[] {
  return mounts.flatMap((mount) => (mount.kind === 'bind' && isBelow(mount.source, ownDirectory) ? [mount.source] : []));
}

function give(folders: readonly HostPath[], owner: UserIds): void {
  for (const folder of folders) giveTree(folder, owner);
}

function containerSpec(parts: {
  readonly environment: BuildEnvironment;
  readonly spec: ProcessSpec;
  readonly mounts: readonly Mount[];
  readonly image: string;
  readonly user: ContainerUser;
  readonly options: ContainerOptions;
}): ContainerSpec {
  const { environment, spec, mounts, image, user, options } = parts;
  const has = (path: string) => !isMissing(path, environment.root, mounts);
  // Daemons make a working directory that does not exist.
  if (!has(spec.cwd)) {
    throw new TspackError({
      code: 'SANDBOX_FAILED',
      message: `Cannot start '${spec.command[0] ?? ''}' in the sandbox: there is no folder ${spec.cwd}`,
      nextStep: 'Check the folders that are mounted',
    });
  }
  const missing = mounts.find((mount) => mount.kind === 'bind' && !existsSync(mount.source));
  // Some daemons make it, as root.
  if (missing?.kind === 'bind')
    throw new TspackError({
      code: 'SANDBOX_FAILED',
      message: `Cannot mount ${missing.source}: it does not exist`,
      nextStep: 'Check the folders that are mounted',
    });
  return {
    image,
    // Instead of an entrypoint, so that nothing of an image can come before it.
    entrypoint: containerCommand(spec, { env: has(ENV_PROGRAM), shell: has(SHELL_PROGRAM) }),
    command: [],
    env: { PWD: spec.cwd, ...spec.env },
    workingDirectory: spec.cwd,
    user: `${user.ids.uid}:${user.ids.gid}`,
    ...(user.userNamespace === undefined ? {} : { userNamespace: user.userNamespace }),
    hostname: environment.hostname,
    network: environment.network,
    ...containerMounts(mounts),
    readOnlyRoot: true,
    unprivileged: true,
    init: options.init ?? true,
    withoutSelinux: options.security.selinux,
    withoutLog: true,
    labels: { [OWNER_LABEL]: options.owner },
  };
}
