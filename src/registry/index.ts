/**
 * The distribution specification 1.1: images and blobs in registries, with token, Basic or anonymous access from the
 * credentials that Docker and Podman keep. It knows nothing of CNB labels or of daemons.
 *
 * ```ts
 * const store = createRegistryStore({ http, clock, compressor, keychain: createDockerKeychain({ files, runHelper }) });
 * const image = await store.read(parseImageReference('debian:stable'), { os: 'linux', architecture: 'amd64' });
 * ```
 *
 * @packageDocumentation
 */
export { createRegistryStore } from './registry-store.ts';
export type { RegistryStore, RegistryStoreOptions } from './registry-store.ts';
export { createMirrors } from './mirrors.ts';
export type { Mirrors, RepositoryPlace } from './mirrors.ts';
export type { RegistryRepository } from './repository.ts';
export type { MirrorFailedEvent, RegistryBlobEvent, RegistryEvent } from './events.ts';
export { attachReferrer, listReferrers } from './referrers.ts';
export { RegistryError } from './registry-error.ts';
export type { RegistryDiagnostic, RegistryErrorCode } from './registry-error.ts';
export { ANONYMOUS, canonicalRegistry, combineKeychains } from './keychain.ts';
export type { Credential, Keychain } from './keychain.ts';
export { createEnvironmentKeychain } from './environment-keychain.ts';
export { credentialFiles } from './docker-config.ts';
export { NO_CERTIFICATES, certificateFolders, createCertificates } from './certificates.ts';
export type { FindCertificates } from './certificates.ts';
export { checkLogin } from './check-login.ts';
export { dockerConfigFile, eraseLogin, storeLogin } from './docker-login.ts';
export type { DockerLoginOptions, LoginPlace } from './docker-login.ts';
export { createDockerKeychain, createHelperRunner } from './docker-keychain.ts';
export type { CredentialHelperEvent, DockerKeychainOptions, RunHelper } from './docker-keychain.ts';
