/**
 * What tspack keeps on this machine: the data folder, locks, local images, downloads, work folders. It knows nothing of
 * registries or of CNB labels.
 *
 * @packageDocumentation
 */
export { abandonedWork, createWorkDirectory, homeDirectory, openHome } from './home.ts';
export type { Home } from './home.ts';
export { openDownloadStore, readBuildpackFacts } from './download-store.ts';
export type { CollectedDownloads, DownloadStore } from './download-store.ts';
export { openSbomStore } from './sbom-store.ts';
export type { SbomStore } from './sbom-store.ts';
export { openRecordStore } from './record-store.ts';
export type { RecordStore } from './record-store.ts';
export { holdHome, oldestUse, useHome } from './home-use.ts';
export { acquireLock, tryLock } from './lock.ts';
export type { LockOptions } from './lock.ts';
export { blobsOf, pruneHome, sweepImages } from './prune.ts';
export type { PruneOptions, Pruned } from './prune.ts';
export type { PruneLimits, PrunePlan } from './prune-plan.ts';
export { surveyHome } from './survey.ts';
export type { Survey, SurveyedCache, SurveyedImage } from './survey.ts';
export type { StoredBlob } from './survey-blobs.ts';
export { writeCachedApplication } from './cached-application.ts';
export type { CachedApplication } from './cached-application.ts';
export { openLocalStore } from './local-store.ts';
export type { LocalStore, LocalStoreOptions } from './local-store.ts';
export type { LocalImage } from './local-image.ts';
export { isAlive, isOwnerAlive, ownIdentity, ownTag } from './process-identity.ts';
export type { ProcessIdentity } from './process-identity.ts';
export { verifyHome } from './verify-home.ts';
export type { Damage, VerifiedHome } from './verify-home.ts';
