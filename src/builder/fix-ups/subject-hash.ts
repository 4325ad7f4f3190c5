import { createHash } from 'node:crypto';

/** ASN.1 string types that OpenSSL folds to lower-case UTF-8 before it hashes a name. */
const FOLDED_STRINGS: Readonly<Record<number, BufferEncoding | 'utf16be' | 'utf32be'>> = {
  0x0c: 'utf8', // UTF8String
  0x13: 'latin1', // PrintableString
  0x14: 'latin1', // T61String
  0x16: 'latin1', // IA5String
  0x1a: 'latin1', // VisibleString
  0x1c: 'utf32be', // UniversalString
  0x1e: 'utf16be', // BMPString
};
const UTF8_STRING = 0x0c;
const SET = 0x31;
const SEQUENCE = 0x30;

/**
 * The name that OpenSSL looks a certificate up by in a directory: the first four bytes, little end first, of the
 * SHA-1 of its canonical subject (`openssl x509 -subject_hash`). `pem` holds one certificate.
 */
export function subjectHash(pem: string): string {
  const body = /-----BEGIN (?:TRUSTED )?CERTIFICATE-----([\s\S]*?)-----END/.exec(pem)?.[1];
  if (body === undefined) throw new Error('no PEM certificate');
  const [certificate] = children(Buffer.from(body, 'base64'));
  const [toBeSigned] = children(certificate!.content);
  const fields = children(toBeSigned!.content);
  // version (optional, context tag 0), serial, signature, issuer, validity, subject
  const subject = fields[fields[0]!.tag === 0xa0 ? 5 : 4]!;
  // The hashed form is the list of RDNs without the SEQUENCE around them.
  const canonical = Buffer.concat(children(subject.content).map((rdn) => encode(SET, Buffer.concat(children(rdn.content).map(canonicalAttribute)))));
  return createHash('sha1').update(canonical).digest().readUInt32LE(0).toString(16).padStart(8, '0');
}

function canonicalAttribute(attribute: Value): Buffer {
  const [type, value] = children(attribute.content);
  const folded = FOLDED_STRINGS[value!.tag];
  const content = folded === undefined ? value!.encoded : encode(UTF8_STRING, Buffer.from(fold(decodeText(value!.content, folded))));
  return encode(SEQUENCE, Buffer.concat([type!.encoded, content]));
}

/** Trims, joins runs of white space, lowers ASCII letters; other letters stay, as in OpenSSL. */
function fold(text: string): string {
  return text
    .replace(/^[ \t\n\v\f\r]+|[ \t\n\v\f\r]+$/g, '')
    .replace(/[ \t\n\v\f\r]+/g, ' ')
    .replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

function decodeText(bytes: Buffer, encoding: BufferEncoding | 'utf16be' | 'utf32be'): string {
  if (encoding === 'utf16be') return Buffer.from(bytes).swap16().toString('utf16le');
  if (encoding !== 'utf32be') return bytes.toString(encoding);
  let text = '';
  for (let offset = 0; offset + 4 <= bytes.length; offset += 4) text += String.fromCodePoint(bytes.readUInt32BE(offset));
  return text;
}

interface Value {
  readonly tag: number;
  readonly content: Buffer;
  /** Tag and length included. */
  readonly encoded: Buffer;
}

/** The DER values that lie one after another in `bytes`. */
function children(bytes: Buffer): readonly Value[] {
  const values: Value[] = [];
  for (let start = 0; start < bytes.length;) {
    const tag = bytes.readUInt8(start);
    let length = bytes.readUInt8(start + 1);
    let content = start + 2;
    if (length >= 0x80) {
      const octets = length & 0x7f;
      length = bytes.readUIntBE(content, octets);
      content += octets;
    }
    const end = content + length;
    if (end > bytes.length) throw new Error('the DER value is cut short');
    values.push({ tag, content: bytes.subarray(content, end), encoded: bytes.subarray(start, end) });
    start = end;
  }
  return values;
}

function encode(tag: number, content: Buffer): Buffer {
  const { length } = content;
  const header = length < 0x80 ? [tag, length] : length < 0x100 ? [tag, 0x81, length] : [tag, 0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from(header), content]);
}
