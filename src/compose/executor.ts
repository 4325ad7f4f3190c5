import { TspackError } from '../foundation/index.ts';
import { openInline } from './own-builder.ts';
import { findContainers, openContainers, requireContainers } from './containers.ts';
import { findSandbox, openSandbox } from './sandbox.ts';
import type { EventSink } from '../foundation/index.ts';
import type { BuildEvent, BuildOptions, BuildSandbox } from '../platform/index.ts';
import type { Machine } from './machine.ts';

/**
 * Where the processes of a build run. `auto` is the sandbox, and containers only where that does not work, which is
 * told. In a builder image of tspack it is that container. Throws `SANDBOX_UNAVAILABLE`, `CONTAINERS_UNAVAILABLE`, `INLINE_UNABLE`.
 */
export async function openExecutor(
  machine: Machine,
  executor: BuildOptions['executor'],
  events: EventSink<BuildEvent>,
  signal: AbortSignal,
): Promise<BuildSandbox> {
  if (machine.ownBuilder() !== undefined || executor === 'inline') return requireInline(machine, executor);
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

/** Only where the files of a builder lie in the root, buildpacks find what they need without one of their own. */
function requireInline(machine: Machine, executor: BuildOptions['executor']): BuildSandbox {
  const isHere = machine.ownBuilder() !== undefined;
  if (isHere && (executor === 'auto' || executor === 'inline')) return openInline(machine);
  throw new TspackError({
    code: 'INLINE_UNABLE',
    message: isHere
      ? 'Cannot start a sandbox in a builder image: buildpacks run in its container'
      : 'Cannot run buildpacks without a sandbox here: this is no builder image',
    nextStep: isHere ? 'Leave --executor out' : 'Leave --executor out, or run tspack in an image that "tspack builder publish" made',
  });
}
