import { createDaemonClient } from '../../daemon/index.ts';
import type { Daemon } from '../../daemon/index.ts';

/** Holds whose a container is. */
export const OWNER_LABEL = 'io.tspack.build';

/** Removes the containers of builds that are no longer there. Throws `DAEMON_UNREACHABLE`, `DAEMON_REFUSED`. */
export async function removeAbandonedContainers(daemon: Daemon, isAbandoned: (owner: string) => boolean): Promise<void> {
  const client = createDaemonClient(daemon);
  for (const { id, labels } of await client.listContainers(OWNER_LABEL)) {
    if (isAbandoned(labels[OWNER_LABEL] ?? '')) await client.removeContainer(id);
  }
}
