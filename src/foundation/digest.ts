import { createHash } from 'node:crypto';
import { TspackError } from './error.ts';

declare const digestBrand: unique symbol;

/** A content digest, `sha256:` and 64 lower-case hexadecimal digits (OCI image-spec `descriptor.md#digests`). */
export type Digest = string & { readonly [digestBrand]: true };

const DIGEST = /^sha256:[0-9a-f]{64}$/;

/** Whether the text is a well-formed sha256 digest. */
export function isDigest(text: string): text is Digest {
  return DIGEST.test(text);
}

/** Reads a digest. Throws `DIGEST_INVALID`. */
export function parseDigest(text: string): Digest {
  if (isDigest(text)) return text;
  throw new TspackError({ code: 'DIGEST_INVALID', message: `Cannot read "${text}" as a digest: want sha256: and 64 hexadecimal digits` });
}

/** The digest with these 64 hexadecimal digits. */
export function digestFromHex(hex: string): Digest {
  return parseDigest(`sha256:${hex}`);
}

/** The hexadecimal part of a digest. */
export function digestHex(digest: Digest): string {
  return digest.slice('sha256:'.length);
}

/** The digest of bytes in memory; a string counts as its UTF-8 bytes. */
export function digestOf(content: Uint8Array | string): Digest {
  return digestFromHex(createHash('sha256').update(content).digest('hex'));
}
