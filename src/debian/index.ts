/**
 * Signed Debian indexes, resolved and locked packages, opened `.deb` files. It knows nothing of images, buildpacks or
 * users: what becomes of the packages is the caller's affair. No maintainer script ever runs.
 *
 * Formats: deb(5), deb-version(7), Debian policy 5 and 7, https://wiki.debian.org/DebianRepository/Format.
 *
 * ```ts
 * const { fields, entries } = await extractPackage({ path: 'zlib1g.deb', directory: 'root', rules: { drop: ['usr/share/doc/**'] } });
 * ```
 *
 * @packageDocumentation
 */
export { formatPackageLock, packagesOfSet, parsePackageLock } from './lock.ts';
export type { DebianArchive, LockExclusion, LockSource, LockedPackage, PackageLock } from './lock.ts';
export { extractPackage, openPackage } from './open-package.ts';
export type { ExtractedPackage, OpenedPackage } from './open-package.ts';
export type { ExtractRules } from './extract-rules.ts';
export { STANDARD_RULES } from './standard-rules.ts';
export type { ExtractedEntry } from './package-tree.ts';
export { updateLock } from './update-lock.ts';
export type { LockRequest, UpdatedLock } from './update-lock.ts';
export { createLock, diffLocks } from './create-lock.ts';
export type { PackageChange, WantedSet } from './create-lock.ts';
export { installPackages } from './install-packages.ts';
export { unpackPackages } from './unpack-packages.ts';
export type { PackageFile, UnpackedPackage } from './unpack-packages.ts';
export { statusStanza } from './status-stanza.ts';
export { fetchPackages } from './fetch-packages.ts';
export type { FetchedPackage, PackagesRequest } from './fetch-packages.ts';
export { readPackageDefinition } from './package-definition.ts';
export type { DefinedSet, PackageDefinition } from './package-definition.ts';
export { fetchPackageIndex } from './fetch-index.ts';
export type { FetchedIndex, IndexRequest } from './fetch-index.ts';
export type { DebianContext } from './debian-context.ts';
export { httpTransport } from './archive-transport.ts';
export type { ArchiveFileRequest, ArchiveTextRequest, ArchiveTransport } from './archive-transport.ts';
export { discoverMirrors, readSnapshotAddress } from './mirrors.ts';
export type { DebianMirrors, MirrorSettings } from './mirrors.ts';
export { readAptSources } from './apt-sources.ts';
export type { AptSourceFile } from './apt-sources.ts';
export { parsePackageSource, releaseOfSuite } from './suite.ts';
export type { PackageSource } from './suite.ts';
export { readKeyring } from './keyring.ts';
export type { Keyring } from './keyring.ts';
export { verifyRelease } from './release.ts';
export type { Release, ReleaseExpectation, ReleaseFile } from './release.ts';
export { resolvePackages } from './resolve-packages.ts';
export type { Resolution, ResolutionRequest } from './resolve-packages.ts';
export { PackageResolutionError } from './resolution-error.ts';
export type { Disqualification, ResolutionStep } from './resolution-error.ts';
export type { IndexedPackage, PackageIndex } from './package-index.ts';
export { compareVersions } from './version.ts';
export { dependencyNames } from './dependency.ts';
export { parseControl } from './control.ts';
export type { ControlFields } from './control.ts';
