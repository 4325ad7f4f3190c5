import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { isDigest } from '../foundation/index.ts';
import type { Digest } from '../foundation/index.ts';
import type { Home } from './home.ts';
import { openImageTexts, type ImageTexts } from './image-texts.ts';

/** The record of the build that made each local image. */
export interface RecordStore extends ImageTexts {
  /** The image whose record was written last. */
  last(): Digest | undefined;
}

export function openRecordStore(home: Pick<Home, 'store'>): RecordStore {
  const directory = join(home.store, 'records');
  return {
    ...openImageTexts(directory),
    // By their times, so that a build has one file less to write.
    last() {
      const written = (existsSync(directory) ? readdirSync(directory) : []).flatMap((name) => {
        const imageId = `sha256:${name.replace(/\.json$/, '')}`;
        const stats = statSync(join(directory, name), { throwIfNoEntry: false });
        return isDigest(imageId) && stats !== undefined ? [{ imageId, time: stats.mtimeMs }] : [];
      });
      return written.reduce<(typeof written)[number] | undefined>(
        (newest, each) => (newest === undefined || each.time > newest.time ? each : newest),
        undefined,
      )?.imageId;
    },
  };
}
