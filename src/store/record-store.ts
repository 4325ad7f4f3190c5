import { join } from 'node:path';
import { isDigest, writeFileAtomic } from '../foundation/index.ts';
import type { Digest } from '../foundation/index.ts';
import type { Home } from './home.ts';
import { openImageTexts, readIfThere, type ImageTexts } from './image-texts.ts';

/** The record of the build that made each local image. */
export interface RecordStore extends ImageTexts {
  /** The image whose record was written last. */
  last(): Digest | undefined;
}

export function openRecordStore(home: Pick<Home, 'store'>): RecordStore {
  const directory = join(home.store, 'records');
  const pointer = join(directory, 'last');
  const texts = openImageTexts(directory);
  return {
    read: texts.read,
    write(imageId, text, kept) {
      texts.write(imageId, text, kept);
      writeFileAtomic(pointer, imageId);
    },
    last() {
      const imageId = readIfThere(pointer);
      return imageId !== undefined && isDigest(imageId) ? imageId : undefined;
    },
  };
}
