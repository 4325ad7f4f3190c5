/**
 * What tspack keeps on this machine: the data folder, locks, local images, work folders. It knows nothing of
 * registries or of CNB labels.
 *
 * @packageDocumentation
 */
export { abandonedWork, createWorkDirectory, homeDirectory, openHome } from './home.ts';
export type { Home } from './home.ts';
export { acquireLock } from './lock.ts';
export type { LockOptions } from './lock.ts';
export { openLocalStore } from './local-store.ts';
export type { LocalImage, LocalStore } from './local-store.ts';
export { isAlive, ownIdentity, ownTag } from './process-identity.ts';
export type { ProcessIdentity } from './process-identity.ts';
