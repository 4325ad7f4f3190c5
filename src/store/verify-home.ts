import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { formatFamiliarReference } from '../oci/index.ts';
import { digestHex, hasSystemCode, parseDownloadName } from '../foundation/index.ts';
import type { Digest } from '../foundation/index.ts';
import type { Home } from './home.ts';
import type { LocalStore } from './local-store.ts';
import { surveyBlobs } from './survey-blobs.ts';

/** Something in the data folder that is not as it should be. */
export interface Damage {
  readonly path: string;
  readonly problem: 'changed' | 'missing' | 'unreadable';
  /** Names of the images that need it. */
  readonly images: readonly string[];
}

export interface VerifiedHome {
  readonly images: number;
  readonly files: number;
  readonly sizeBytes: number;
  readonly damages: readonly Damage[];
}

/**
 * Reads every blob of the store and every shared download, in constant memory, and compares them with the digests that they are
 * called by; then looks whether each image has all of its parts. Changes nothing. Rejects with the reason of `signal`.
 */
export async function verifyHome(home: Home, store: Pick<LocalStore, 'list' | 'readById'>, downloads: string, signal: AbortSignal): Promise<VerifiedHome> {
  const names = new Map<Digest, string[]>();
  for (const { imageId, reference } of store.list()) names.set(imageId, [...(names.get(imageId) ?? []), formatFamiliarReference(reference)]);
  const namesOf = (images: Iterable<Digest>) => [...new Set([...images].flatMap((imageId) => names.get(imageId) ?? []))];
  const damages: Damage[] = [];
  let files = 0;
  let sizeBytes = 0;
  const verify = async (path: string, algorithm: string, hex: string, images: readonly string[]): Promise<void> => {
    const found = await hashOf(path, algorithm, signal);
    if (found === undefined) return;
    files += 1;
    sizeBytes += found.sizeBytes;
    if (found.hex !== hex) damages.push({ path, problem: found.hex === '' ? 'unreadable' : 'changed', images });
  };

  const blobs = surveyBlobs(home.store);
  for (const { path, digest, images } of blobs) await verify(path, 'sha256', digestHex(digest), namesOf(images));
  for (const name of existsSync(downloads) ? readdirSync(downloads) : []) {
    const wanted = parseDownloadName(name);
    if (wanted !== undefined) await verify(join(downloads, name), wanted.algorithm, wanted.hex, []);
  }
  for (const imageId of names.keys())
    for (const path of await missingParts(imageId, home, store)) damages.push({ path, problem: 'missing', images: namesOf([imageId]) });
  return { images: names.size, files, sizeBytes, damages };
}

/** Paths of the blobs that an image needs and does not have. What is changed counts elsewhere. */
async function missingParts(imageId: Digest, home: Home, store: Pick<LocalStore, 'readById'>): Promise<readonly string[]> {
  const pathOf = (digest: Digest) => join(home.store, 'blobs', 'sha256', digestHex(digest));
  try {
    const image = await store.readById(imageId);
    if (image === undefined) return [pathOf(imageId)];
    const missing: string[] = [];
    for (const { diffId, isPresent } of image.layers) if (isPresent !== undefined && !(await isPresent())) missing.push(pathOf(diffId));
    return missing;
  } catch (error) {
    if (hasSystemCode(error, 'ENOENT')) return [error.path ?? pathOf(imageId)];
    return [];
  }
}

/** Empty digits where the file cannot be read; undefined where it has gone meanwhile, as pruning takes files away. */
async function hashOf(path: string, algorithm: string, signal: AbortSignal): Promise<{ readonly hex: string; readonly sizeBytes: number } | undefined> {
  const hash = createHash(algorithm);
  let sizeBytes = 0;
  try {
    await pipeline(
      createReadStream(path, { highWaterMark: 1024 * 1024 }),
      async (chunks: AsyncIterable<Uint8Array>) => {
        for await (const chunk of chunks) {
          hash.update(chunk);
          sizeBytes += chunk.length;
        }
      },
      { signal },
    );
  } catch (error) {
    signal.throwIfAborted();
    return hasSystemCode(error, 'ENOENT') ? undefined : { hex: '', sizeBytes };
  }
  return { hex: hash.digest('hex'), sizeBytes };
}
