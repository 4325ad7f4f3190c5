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
export type { Buildpack, DetectOutcome } from './buildpack.ts';
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
export type { Downloads, DownloadsOptions, MirrorMap } from './downloads.ts';
export { runCommand } from './command.ts';
export type { Command, CommandResult, CommandRunner } from './command.ts';
export { describeFolder, findNearMisses } from './near-misses.ts';
export { compareVersions, exactVersion, isVersionRange, majorVersion, nearestVersions, newestSatisfying, satisfies } from './versions.ts';
export { findJsonProblem, parseJsonFile } from './json-file.ts';
export type { JsonProblem } from './json-file.ts';
export { extractArchive } from './extract.ts';
export type { ExtractRequest } from './extract.ts';
export { digestOf, hasSystemCode, nearestNames, registerSecret, TspackError, writeFileAtomic } from '../foundation/index.ts';
export type { Clock, Digest, TspackErrorOptions } from '../foundation/index.ts';
export { hashesFromIntegrity } from '../sbom/index.ts';
export type { Component, SbomDocument, SbomFormat } from '../sbom/index.ts';
export type { Require, SpecTable, SpecValue } from '../cnb/index.ts';
