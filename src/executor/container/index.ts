/**
 * The container executor: each process is a container of Docker or Podman, for `compose.ts` alone.
 *
 * ```ts
 * const probe = await probeContainers(options, toolboxRoot);
 * const executor = createContainerExecutor({ ...options, ...(probe.init === undefined ? {} : { init: probe.init }) });
 * ```
 *
 * @packageDocumentation
 */
export { createContainerExecutor } from './container-executor.ts';
export type { ContainerOptions } from './container-executor.ts';
export { probeContainers } from './probe.ts';
export type { ContainerProbe } from './probe.ts';
export { removeAbandonedContainers } from './abandoned-containers.ts';
