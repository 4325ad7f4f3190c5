import { createHash } from 'node:crypto';
import { TspackError, digestFromHex } from '../foundation/index.ts';
import type { Digest } from '../foundation/index.ts';

/**
 * Passes the bytes through and ends only when size and digest are right.
 * Throws `DIGEST_MISMATCH`; trailing bytes are found as soon as the size is passed.
 */
export async function* verifyContent(
  source: AsyncIterable<Uint8Array>,
  expected: { readonly digest: Digest; readonly size?: number },
  what: string,
): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of source) {
    hash.update(chunk);
    size += chunk.length;
    if (expected.size !== undefined && size > expected.size) break;
    yield chunk;
  }
  if (expected.size !== undefined && size !== expected.size) {
    throw mismatch(what, `it has ${size > expected.size ? 'more' : size} bytes, want ${expected.size}`);
  }
  const actual = digestFromHex(hash.digest('hex'));
  if (actual !== expected.digest) throw mismatch(what, `its digest is ${actual}, want ${expected.digest}`);
}

function mismatch(what: string, why: string): TspackError {
  return new TspackError({
    code: 'DIGEST_MISMATCH',
    message: `Cannot use ${what}: ${why}`,
    nextStep: 'Try again; if it stays, the place it comes from is damaged or lies',
  });
}

/** All bytes of a small stream. Throws `CONTENT_TOO_LARGE` past `maximumBytes`. */
export async function collectBytes(source: AsyncIterable<Uint8Array>, maximumBytes: number, what: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of source) {
    size += chunk.length;
    if (size > maximumBytes) {
      throw new TspackError({ code: 'CONTENT_TOO_LARGE', message: `Cannot read ${what}: it is larger than ${maximumBytes} bytes` });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
