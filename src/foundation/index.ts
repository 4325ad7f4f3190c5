/**
 * The domain-free base: errors, digests, TOML, processes, small files, redaction. It knows nothing of
 * buildpacks, images or registries. A file enters only when three rooms need it.
 *
 * @packageDocumentation
 */
export { TspackError, hasSystemCode, rewordErrors } from './error.ts';
export type { TspackErrorOptions } from './error.ts';
export { redact, registerSecret } from './redact.ts';
export { digestFromHex, digestHex, digestOf, isDigest, parseDigest } from './digest.ts';
export type { Digest } from './digest.ts';
export { makeDirectory, markUsed, packageRoot, temporaryBeside, workerFile, writeFileAtomic } from './files.ts';
export { compileGlobs } from './globs.ts';
export { removeTree } from './remove-tree.ts';
export { GoStruct, formatGoJson, sortedMembers, wellFormed } from './go-json.ts';
export type { GoValue } from './go-json.ts';
export { formatToml, parseToml, readTomlFile } from './toml.ts';
export type { TomlTable, TomlValue } from './toml.ts';
export { runProcess } from './process.ts';
export type { ProcessOptions, ProcessResult } from './process.ts';
export { nearestNames } from './suggest.ts';
export { DOWNLOAD_RECORD, DOWNLOADS_VARIABLE, downloadName, formatDownloadFact, parseDownloadFacts, parseDownloadName, publicUrl } from './download-record.ts';
export type { DownloadFact, FileDigest } from './download-record.ts';
export { formatBuildpackFact, parseBuildpackFacts } from './buildpack-fact.ts';
export type { BuildpackFact, ChoiceFact, DecisionFact, EndFact, InputChange, WantedFact } from './buildpack-fact.ts';
export { isPlainText, plainLine } from './plain-line.ts';
export { systemClock } from './events.ts';
export type { Clock, EventSink, TransferEvent } from './events.ts';
