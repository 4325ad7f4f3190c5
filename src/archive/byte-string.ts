/**
 * A string whose every character is one byte (0-255). File names are bytes: in this form they compare in byte
 * order, as Go compares them, and survive when they are not UTF-8.
 */
export type ByteString = string;

// Everything but NUL to DEL needs more than one byte in UTF-8.
// eslint-disable-next-line no-control-regex -- the range is what is meant
const NOT_ASCII = /[^\x00-\x7f]/;

/** Whether every byte is below 0x80. */
export function isAscii(text: ByteString): boolean {
  return !NOT_ASCII.test(text);
}

/** The bytes of a text (as UTF-8) or of a byte array. */
export function toByteString(text: string | Uint8Array): ByteString {
  if (typeof text !== 'string') return Buffer.from(text.buffer, text.byteOffset, text.byteLength).toString('latin1');
  return isAscii(text) ? text : Buffer.from(text, 'utf8').toString('latin1');
}

/** What Node's file calls take to mean exactly these bytes. */
export function toFilePath(bytes: ByteString): string | Buffer {
  return isAscii(bytes) ? bytes : Buffer.from(bytes, 'latin1');
}

/** For people and for comparison: decoded as UTF-8; bytes that are not become U+FFFD. */
export function toText(bytes: ByteString): string {
  return isAscii(bytes) ? bytes : Buffer.from(bytes, 'latin1').toString('utf8');
}
