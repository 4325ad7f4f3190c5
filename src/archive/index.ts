/**
 * Files as bytes: reproducible tar, safe extraction, deterministic compression, tree fingerprints. It knows
 * nothing of layers' meaning, images or media types.
 *
 * ```ts
 * const { diffId } = await writeLayerTar({ parts: [{ kind: 'tree', source: '/build/app', target: '/workspace', uid: 1001, gid: 1000 }] }, 'layer.tar');
 * ```
 *
 * @packageDocumentation
 */
export type { LayerTarEntry, LayerTarPart, LayerTarSpec } from './layer-tar.ts';
export { writeLayerTar } from './write-layer-tar.ts';
export type { LayerTarResult, TreeFingerprint } from './tree-request.ts';
export { gzipFile } from './gzip-file.ts';
export { decompress, detectCompression, gunzip } from './decompress.ts';
export type { CompressionFormat, DecompressOptions } from './decompress.ts';
export { fingerprintTree, walkFingerprint } from './tree-fingerprint.ts';
export type { FingerprintOptions, FingerprintStat } from './tree-fingerprint.ts';
export { WorkerPool } from './worker-pool.ts';
export { answerRequests } from './worker-answer.ts';
export type { TarEntry, TarEntryType } from './tar-entry.ts';
export { readTar } from './read-tar.ts';
export { extractTar } from './extract-tar.ts';
export type { ExtractOptions, ExtractResult } from './extract-tar.ts';
export { writeTar } from './write-tar.ts';
export type { TarSourceEntry } from './write-tar.ts';
export { openZip } from './read-zip.ts';
export type { ZipArchive, ZipEntry } from './read-zip.ts';
export { extractZip } from './extract-zip.ts';
export type { ExtractZipOptions } from './extract-zip.ts';
export { hashFile } from './hash-file.ts';
