import type { Daemon, DaemonSecurity } from '../../daemon/index.ts';

export interface UserIds {
  readonly uid: number;
  readonly gid: number;
}

/** Who a process in a container is. */
export interface ContainerUser {
  /** As it sees itself. */
  readonly ids: UserIds;
  /** Mode of the container's user namespace; the daemon's default without. */
  readonly userNamespace?: string;
  /** Bound folders that it writes to must belong to `ids` on this machine; otherwise the caller's are its own. */
  readonly needsOwnership: boolean;
}

/**
 * The user of a container such that files it makes in bound folders end up with the caller (see decision 10). A
 * namespace that maps one user, as the sandbox has it, is only to be had from rootless Podman.
 */
export function containerUser(situation: {
  readonly daemon: Daemon['name'];
  readonly security: DaemonSecurity;
  readonly caller: UserIds;
  readonly wanted: UserIds;
}): ContainerUser {
  const { daemon, security, caller, wanted } = situation;
  if (security.rootless) {
    if (daemon === 'podman') return { ids: wanted, userNamespace: `keep-id:uid=${wanted.uid},gid=${wanted.gid}`, needsOwnership: false };
    // Root in its containers is the caller; any other user there is nobody's here.
    return { ids: { uid: 0, gid: 0 }, needsOwnership: false };
  }
  const namespace = security.remapsUsers ? { userNamespace: 'host' } : {};
  if (caller.uid === 0) return { ids: wanted, ...namespace, needsOwnership: true };
  return { ids: caller, ...namespace, needsOwnership: false };
}
