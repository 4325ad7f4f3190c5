import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { digestFromHex, digestHex } from '../foundation/index.ts';
import { parseManifest, readIndex } from '../oci/index.ts';
import { entryImageId } from './local-image.ts';
import type { Digest } from '../foundation/index.ts';
import type { Descriptor } from '../oci/index.ts';

/** A blob of the store. */
export interface StoredBlob {
  readonly digest: Digest;
  readonly path: string;
  readonly sizeBytes: number;
  /** Milliseconds since 1970. */
  readonly usedAt: number;
  /** IDs of the images that need it: as a part, or compressed for outputs. */
  readonly images: ReadonlySet<Digest>;
}

/** Every blob of the store. What a name of an image leads to is needed; the rest may be of a build that has not ended. */
export function surveyBlobs(directory: string): readonly StoredBlob[] {
  const needed = neededBlobs(directory);
  const folder = join(directory, 'blobs', 'sha256');
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => /^[0-9a-f]{64}$/.test(name)) : [];
  return names.flatMap((name) => {
    const path = join(folder, name);
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat === undefined) return [];
    return [{ digest: digestFromHex(name), path, sizeBytes: stat.size, usedAt: stat.mtimeMs, images: needed.get(name) ?? NOBODY }];
  });
}

const NOBODY: ReadonlySet<Digest> = new Set();

/** By the digits of the digest, which images need it. A blob that is missing is doctor's business. */
function neededBlobs(directory: string): ReadonlyMap<string, ReadonlySet<Digest>> {
  const needed = new Map<string, Set<Digest>>();
  const compressed = new Map<string, string | undefined>();
  const blob = (digest: Digest) => readIfThere(join(directory, 'blobs', 'sha256', digestHex(digest)));
  const compressedOf = (diffId: Digest) => {
    if (!compressed.has(diffId)) compressed.set(diffId, readRecord(join(directory, 'compressed', `${digestHex(diffId)}.json`))?.digest);
    return compressed.get(diffId) as Digest | undefined;
  };
  const seen = new Set<string>();
  for (const entry of readIndex(directory)) {
    if (seen.has(entry.digest)) continue;
    seen.add(entry.digest);
    const imageId = entryImageId(entry);
    const add = (digest: Digest | undefined) => {
      if (digest === undefined) return;
      const hex = digestHex(digest);
      const images = needed.get(hex);
      if (images === undefined) needed.set(hex, new Set([imageId]));
      else images.add(imageId);
    };
    const addManifest = (digest: Digest, alsoCompressed: boolean) => {
      const bytes = blob(digest);
      add(digest);
      if (bytes === undefined) return;
      const { config, layers } = parseManifest(bytes);
      add(config.digest);
      for (const layer of layers) {
        add(layer.digest);
        if (alsoCompressed) add(compressedOf(layer.digest));
      }
    };
    addManifest(entry.digest, true);
    const distribution = imageId === undefined ? undefined : readRecord(join(directory, 'distribution', `${digestHex(imageId)}.json`));
    if (distribution !== undefined) addManifest(distribution.digest, false);
  }
  return needed;
}

function readRecord(path: string): Descriptor | undefined {
  const bytes = readIfThere(path);
  return bytes === undefined ? undefined : (JSON.parse(bytes.toString('utf8')) as Descriptor);
}

function readIfThere(path: string): Buffer | undefined {
  return existsSync(path) ? readFileSync(path) : undefined;
}
