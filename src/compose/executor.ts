import { TspackError } from '../foundation/index.ts';
import { findContainers, openContainers, requireContainers } from './containers.ts';
import { findSandbox, openSandbox } from './sandbox.ts';
import type { EventSink } from '../foundation/index.ts';
import type { BuildEvent, BuildOptions, BuildSandbox } from '../platform/index.ts';
import type { Machine } from './machine.ts';

/**
 * Where the processes of a build run. `auto` is the sandbox, and containers only where that does not work, which is
 * told. Throws `SANDBOX_UNAVAILABLE`, `CONTAINERS_UNAVAILABLE`.
 */
export async function openExecutor(
  machine: Machine,
  executor: BuildOptions['executor'],
  events: EventSink<BuildEvent>,
  signal: AbortSignal,
): Promise<BuildSandbox> {
  if (executor === 'sandbox') return await openSandbox(machine, events, signal);
  if (executor === 'container') return await requireContainers(machine, events, signal);
  const sandbox = await findSandbox(machine, events, signal);
  if ('executor' in sandbox) return sandbox;
  const containers = await findContainers(machine, events, signal);
  if ('options' in containers) {
    events({
      kind: 'message',
      level: 'warning',
      message: `Building in containers of ${containers.probe.detail}, because sandboxes do not work here: ${sandbox.reason}`,
    });
    return await openContainers(containers, events);
  }
  throw new TspackError({
    code: 'SANDBOX_UNAVAILABLE',
    message: `Cannot run buildpacks on this machine: ${sandbox.reason}, and ${containers.reason}`,
    nextStep: sandbox.nextStep,
  });
}
