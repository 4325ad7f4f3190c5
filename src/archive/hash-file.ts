import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { digestFromHex } from '../foundation/index.ts';
import type { Digest } from '../foundation/index.ts';

/** Digest and size of a file, read once in constant memory. File system errors pass through. */
export async function hashFile(path: string): Promise<{ readonly digest: Digest; readonly sizeBytes: number }> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 }) as AsyncIterable<Uint8Array>) {
    hash.update(chunk);
    sizeBytes += chunk.length;
  }
  return { digest: digestFromHex(hash.digest('hex')), sizeBytes };
}
