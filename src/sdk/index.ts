/**
 * What the author of a buildpack imports: typed contexts for detect and build, cached layers that tell why they are reused or
 * made anew, layer environment, processes, verified downloads, bindings, SBOM. It speaks Buildpack API 0.12 and knows nothing of
 * the lifecycle that runs it, of platforms or of images.
 *
 * ```ts
 * const buildpack = defineBuildpack({
 *   detect: (context) => existsSync(join(context.applicationDirectory, 'Gemfile')) ? detected({ provides: ['ruby'], requires: ['ruby'] }) : notDetected({ lookedFor: ['Gemfile'] }),
 *   async build(context) { await context.layer({ name: 'ruby', types: { launch: true, cache: true }, inputs: [...], create }); },
 * });
 * process.exitCode = await runBuildpack(buildpack, processHost());
 * ```
 *
 * @packageDocumentation
 */
export { defineBuildpack, detected, notDetected } from './buildpack.ts';
export type { Buildpack, DetectOutcome, DetectPlan } from './buildpack.ts';
export { readApplicationPart } from './application-part.ts';
export { because, placeOf } from './evidence.ts';
export { detectedWithFrontend, findNodeServer } from './frontend.ts';
export type { BuildpackContext, BuildTarget, DetectContext } from './detect-context.ts';
export type { ApplicationProcess, BuildContext, LayerOutcome, LayerRequest } from './build-context.ts';
export type { EnvAction, EnvScope, LayerDirectory } from './layer-directory.ts';
export { decideLayer, joinNames } from './layer-decision.ts';
export type { LayerDecision, LayerInput, PreviousLayer } from './layer-decision.ts';
export { formatFailure, processHost, runBuildpack } from './run-buildpack.ts';
export type { BuildpackHost } from './run-buildpack.ts';
export { createBuildLog, printable } from './build-log.ts';
export type { BuildLog, OutputPort } from './build-log.ts';
export { readBindings } from './bindings.ts';
export type { Binding } from './bindings.ts';
export { createDownloads, mirroredUrl, readMirrors } from './downloads.ts';
export type { Downloads, DownloadSource, DownloadsOptions, MirrorMap } from './downloads.ts';
export { exitText, runCommand } from './command.ts';
export type { Command, CommandResult, CommandRunner } from './command.ts';
export { chooseLockedRuntime } from './locked-runtime.ts';
export type { LockedRuntimeRequest, RuntimeVersionRequest } from './locked-runtime.ts';
export { fileKind, isFile, isFolder } from './file-kind.ts';
export { describeFolder, findNearMisses } from './near-misses.ts';
export { compareVersions, exactVersion, isVersionRange, majorVersion, nearestVersions, newestSatisfying, satisfies } from './versions.ts';
export { parseSimpleCommand } from './shell-words.ts';
export type { SimpleCommand } from './shell-words.ts';
export { parseProcfile, readProcfile, startsWeb } from './procfile.ts';
export type { ProcfileLine } from './procfile.ts';
export { chooseRuntime } from './runtime-sources.ts';
export type { ChosenRuntime, RuntimeRequest, RuntimeSource } from './runtime-sources.ts';
export { hasShell, isInRunImage } from './run-image.ts';
export { findJsonProblem, parseJsonFile } from './json-file.ts';
export type { JsonProblem } from './json-file.ts';
export { encodeJavaTrustStore, javaTrustOptions } from './java-trust-store.ts';
export { digestFiles, listFiles, pathBytes } from './source-files.ts';
export type { FileState } from './source-files.ts';
export { parseXmlFile, xmlAt, xmlChild } from './xml-file.ts';
export type { XmlElement } from './xml-file.ts';
export { installDebianPackages, installResolvedPackages } from './debian-packages.ts';
export { resolveDebianPackages } from './resolve-debian-packages.ts';
export type { DebianResolutionRequest, ResolvedDebianPackages } from './resolve-debian-packages.ts';
export type { DebianPackagesRequest, InstalledDebianPackage, InstalledPackages } from './debian-packages.ts';
export { debianTriplet, setDebianPaths } from './debian-paths.ts';
export { debianPackagesKey, debianState, lockedDebianPackages } from './debian-lock.ts';
export type { DebianSet } from './debian-lock.ts';
export { environmentDigest } from './build-environment.ts';
export { identifyLicence } from './identify-licence.ts';
export { readFlags } from './flags-variable.ts';
export { leaveOutFiles, readKeepFiles } from './leave-out-files.ts';
export type { LeftOutFiles } from './leave-out-files.ts';
export { readElfNeeds } from './elf.ts';
export type { ElfNeeds } from './elf.ts';
export { extractArchive } from './extract.ts';
export { fetchArchive, type ArchiveRequest } from './fetch-archive.ts';
export type { ExtractRequest } from './extract.ts';
export { openZip } from '../archive/index.ts';
export type { ZipArchive, ZipEntry } from '../archive/index.ts';
export { compileGlobs, digestOf, hasSystemCode, nearestNames, parseToml, registerSecret, TspackError, writeFileAtomic } from '../foundation/index.ts';
export type { Clock, Digest, TspackErrorOptions } from '../foundation/index.ts';
export { hashesFromIntegrity } from '../sbom/index.ts';
export type { ExtractRules } from '../debian/index.ts';
export type { Component, SbomDocument, SbomFormat } from '../sbom/index.ts';
export type { Require, SpecTable, SpecValue } from '../cnb/index.ts';
