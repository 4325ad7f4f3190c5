import type { Daemon } from './daemon.ts';
import { daemonError } from './daemon-error.ts';

/** How a daemon confines what it runs (Engine API `/info`). */
export interface DaemonSecurity {
  /** It runs as an ordinary user: root in its containers is that user. */
  readonly rootless: boolean;
  /** Root in its containers is another user unless a container says otherwise (`userns-remap`). */
  readonly remapsUsers: boolean;
  readonly selinux: boolean;
}

/** Throws `DAEMON_UNREACHABLE`, `DAEMON_REFUSED`. */
export async function readDaemonSecurity(daemon: Daemon): Promise<DaemonSecurity> {
  let info: { readonly SecurityOptions?: readonly string[] | null };
  try {
    info = (await (await daemon.http.request({ url: `${daemon.url}/info` })).json()) as typeof info;
  } catch (error) {
    throw daemonError(daemon, 'ask the daemon about itself', error);
  }
  const has = (name: string) => (info.SecurityOptions ?? []).some((option) => option.split(',').includes(`name=${name}`));
  return { rootless: has('rootless'), remapsUsers: has('userns'), selinux: has('selinux') };
}
