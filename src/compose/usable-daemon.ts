import { TspackError } from '../foundation/index.ts';
import type { Daemon, DaemonProbe } from '../daemon/index.ts';

/** The first Docker or Podman that answers. */
export function usableDaemon(probes: readonly DaemonProbe[]): Daemon | undefined {
  return probes.flatMap((probe) => (probe.usable ? [probe.daemon] : [])).at(0);
}

/** The same. Throws `DAEMON_UNREACHABLE`, with the reason of each place that was asked. */
export function requireUsableDaemon(probes: readonly DaemonProbe[], nextStep: string): Daemon {
  const daemon = usableDaemon(probes);
  if (daemon !== undefined) return daemon;
  const reasons = probes.flatMap((probe) => (probe.usable ? [] : [`${probe.origin}: ${probe.reason}`]));
  throw new TspackError({ code: 'DAEMON_UNREACHABLE', message: `Cannot find Docker or Podman: ${reasons.join('; ')}`, nextStep });
}
