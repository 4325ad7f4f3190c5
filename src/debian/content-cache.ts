import { createHash } from 'node:crypto';
import { createReadStream, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { markUsed } from '../foundation/index.ts';

/** Where a file with this hash is kept. */
export function cachePath(cacheDirectory: string, sha256: string): string {
  return join(cacheDirectory, 'sha256', sha256);
}

/**
 * Whether the cache has the file, whole and unharmed: its hash is checked again, because a damaged disk or another
 * program may have changed it since. A file that is not right is removed.
 */
export async function hasCached(cacheDirectory: string, sha256: string, sizeBytes: number): Promise<boolean> {
  const path = cachePath(cacheDirectory, sha256);
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) return false;
  if (found.isFile() && found.size === sizeBytes) {
    const hash = createHash('sha256');
    for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) hash.update(chunk as Uint8Array);
    if (hash.digest('hex') === sha256) return markUsed(path);
  }
  rmSync(path, { force: true });
  return false;
}
