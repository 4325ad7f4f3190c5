import { crc32 } from 'node:zlib';

const CHUNK_BYTES = 64 * 1024;

/** A valid `.xz` file that stores its content uncompressed (LZMA2 chunks of type 1): tests need no xz program. */
export function storeXz(content: Uint8Array): Buffer {
  const flags = Buffer.from([0, 1]); // Check: CRC-32
  const header = Buffer.concat([Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0]), flags, checksum(flags)]);
  const blockHeader = Buffer.from([2, 0, 0x21, 1, 0x10, 0, 0, 0]); // One filter, LZMA2, dictionary of 1 MiB
  const chunks: Buffer[] = [];
  for (let at = 0; at < content.length; at += CHUNK_BYTES) {
    const piece = content.subarray(at, at + CHUNK_BYTES);
    chunks.push(Buffer.from([1, (piece.length - 1) >> 8, (piece.length - 1) & 0xff]), Buffer.from(piece));
  }
  const body = Buffer.concat([...chunks, Buffer.from([0])]);
  const block = Buffer.concat([blockHeader, checksum(blockHeader), body]);
  const unpaddedSize = block.length + 4;
  const index = padded(Buffer.concat([Buffer.from([0, 1]), variableLength(unpaddedSize), variableLength(content.length)]));
  const indexSize = index.length + 4;
  const footerBody = Buffer.alloc(6);
  footerBody.writeUInt32LE(indexSize / 4 - 1, 0);
  flags.copy(footerBody, 4);
  return Buffer.concat([header, padded(block), checksum(content), index, checksum(index), checksum(footerBody), footerBody, Buffer.from('YZ')]);
}

function padded(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
}

function checksum(bytes: Uint8Array): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeUInt32LE(crc32(bytes) >>> 0);
  return buffer;
}

function variableLength(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest]);
    bytes.push((rest % 128) | 0x80);
  }
}
