import { readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { digestHex, hasSystemCode, makeDirectory, writeFileAtomic } from '../foundation/index.ts';
import type { Digest } from '../foundation/index.ts';

/** One text about each local image, by image ID. */
export interface ImageTexts {
  read(imageId: Digest): string | undefined;
  /** Those of images that are not `kept` go. */
  write(imageId: Digest, text: string, kept: readonly Digest[]): void;
}

/** In a folder beside the blobs, because no manifest of the store names the texts. */
export function openImageTexts(directory: string): ImageTexts {
  const name = (imageId: Digest) => `${digestHex(imageId)}.json`;
  return {
    read(imageId) {
      try {
        return readFileSync(join(directory, name(imageId)), 'utf8');
      } catch (error) {
        if (hasSystemCode(error, 'ENOENT')) return undefined;
        throw error;
      }
    },
    write(imageId, text, kept) {
      makeDirectory(directory);
      const names = new Set([imageId, ...kept].map(name));
      for (const other of readdirSync(directory)) if (other.endsWith('.json') && !names.has(other)) rmSync(join(directory, other), { force: true });
      writeFileAtomic(join(directory, name(imageId)), text);
    },
  };
}
