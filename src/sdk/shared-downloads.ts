import { createHash } from 'node:crypto';
import { chmodSync, constants, copyFileSync, createReadStream, mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DOWNLOADS_VARIABLE, downloadName, formatDownloadFact, hasSystemCode, publicUrl, temporaryBeside } from '../foundation/index.ts';
import type { DownloadFact, FileDigest } from '../foundation/index.ts';
import { attempt, openRecord } from './build-record.ts';
import { currentLayer } from './current-layer.ts';

/** The downloads that all builds on this machine share, as a buildpack sees them. */
export interface SharedDownloads {
  /** The size of the file with this digest; undefined when there is none. It may still turn out to be damaged. */
  find(digest: FileDigest): number | undefined;
  /** Puts a copy of the file with this digest at `path`, and gives its size; undefined when there is none, or when it is damaged. */
  take(digest: FileDigest, path: string): Promise<number | undefined>;
  /** Hands in a verified file; the platform checks it again before it keeps it. */
  offer(digest: FileDigest, path: string): void;
  /** Writes down what was fetched, for the record of the build. */
  record(fact: Omit<DownloadFact, 'buildpack' | 'layer'>): void;
}

/** The machine's downloads where the platform has some (`TSPACK_DOWNLOADS`); otherwise nothing is found and nothing kept. `buildpack` is `id/version`. */
export function openSharedDownloads(env: Readonly<Record<string, string>>, buildpack: string): SharedDownloads {
  const folder = env[DOWNLOADS_VARIABLE];
  if (folder === undefined || folder === '')
    return { find: () => undefined, take: () => Promise.resolve(undefined), offer: () => undefined, record: () => undefined };
  const inbox = join(folder, 'inbox');
  const append = openRecord(env);
  return {
    find: (digest) => statSync(join(folder, 'store', downloadName(digest)), { throwIfNoEntry: false })?.size,
    async take(digest, path) {
      const temporary = temporaryBeside(path);
      mkdirSync(dirname(path), { recursive: true });
      try {
        copyFileSync(join(folder, 'store', downloadName(digest)), temporary, constants.COPYFILE_FICLONE);
        // Of the copy, so that what was checked is what is used.
        if ((await hashOf(temporary, digest.algorithm)) !== digest.hex) return undefined;
        chmodSync(temporary, 0o644); // as if it had been downloaded
        renameSync(temporary, path);
        return statSync(path).size;
      } catch (error) {
        if (hasSystemCode(error, 'ENOENT', 'EACCES', 'EIO')) return undefined;
        throw error;
      } finally {
        rmSync(temporary, { force: true });
      }
    },
    offer(digest, path) {
      const name = join(inbox, downloadName(digest));
      const temporary = temporaryBeside(name);
      attempt(() => {
        copyFileSync(path, temporary, constants.COPYFILE_FICLONE);
        renameSync(temporary, name);
      });
    },
    record(fact) {
      const layer = currentLayer();
      append(formatDownloadFact({ ...fact, url: publicUrl(fact.url), buildpack, ...(layer === undefined ? {} : { layer }) }));
    },
  };
}

async function hashOf(path: string, algorithm: string): Promise<string> {
  const hash = createHash(algorithm);
  for await (const chunk of createReadStream(path, { highWaterMark: 1_048_576 }) as AsyncIterable<Uint8Array>) hash.update(chunk);
  return hash.digest('hex');
}
