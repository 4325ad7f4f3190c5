/**
 * The Engine API of Docker and Podman over its socket: finding a daemon, loading and saving images, running
 * containers. It knows nothing of CNB labels or of registries.
 *
 * ```ts
 * const probes = await findDaemons({ env, uid, home, userAgent, clock });
 * const daemon = probes.find((probe) => probe.usable)?.daemon;
 * ```
 *
 * @packageDocumentation
 */
export { findDaemons } from './find-daemons.ts';
export type { FindDaemonsOptions } from './find-daemons.ts';
export type { Daemon, DaemonProbe } from './daemon.ts';
export type { DaemonErrorCode } from './daemon-error.ts';
export { createDaemonImageStore } from './image-store.ts';
export type { DaemonImageEvent, DaemonImageStore, DaemonImageStoreOptions } from './image-store.ts';
export { createDaemonClient } from './client.ts';
export type { ContainerExit, ContainerRun, DaemonClient, ListedContainer } from './client.ts';
export type { ContainerBind, ContainerSpec, PublishedPort } from './container-spec.ts';
export { hasDaemonImage, importDaemonImage } from './import-image.ts';
export type { LocalImageName } from './import-image.ts';
export { readDaemonSecurity } from './daemon-security.ts';
export type { DaemonSecurity } from './daemon-security.ts';
