import { TspackError } from '../foundation/index.ts';

/** Where one member of an `ar` archive lies in its file. */
export interface ArMember {
  readonly name: string;
  readonly offset: number;
  readonly sizeBytes: number;
}

const MAGIC = '!<arch>\n';
const HEADER_BYTES = 60;
// deb(5): debian-binary, control, data, and perhaps members that begin with an underscore.
const MOST_MEMBERS = 32;

/** Reads `length` bytes at `offset`; fewer only at the end of the file. */
export type ReadAt = (offset: number, length: number) => Uint8Array;

/**
 * Lists the members of an `ar` archive (deb(5): the common format, names of up to 16 bytes, no extensions).
 * Throws `DEBIAN_PACKAGE_INVALID`.
 */
export function listArMembers(readAt: ReadAt, fileBytes: number, label: string): readonly ArMember[] {
  if (latin1(readAt(0, MAGIC.length)) !== MAGIC) throw invalid(label, 'it does not begin with !<arch>');
  const members: ArMember[] = [];
  let position = MAGIC.length;
  while (position < fileBytes) {
    if (members.length === MOST_MEMBERS) throw invalid(label, `it has more than ${MOST_MEMBERS} members`);
    const header = latin1(readAt(position, HEADER_BYTES));
    if (header.length < HEADER_BYTES || header.slice(58) !== '`\n') throw invalid(label, `the member header at byte ${position} is broken`);
    const name = header.slice(0, 16).trimEnd().replace(/\/$/, '');
    const size = header.slice(48, 58).trimEnd();
    if (name === '' || !/^\d{1,10}$/.test(size)) throw invalid(label, `the member header at byte ${position} is broken`);
    const offset = position + HEADER_BYTES;
    const sizeBytes = Number(size);
    if (offset + sizeBytes > fileBytes) throw invalid(label, `member "${name}" is cut off`);
    if (members.some((member) => member.name === name)) throw invalid(label, `member "${name}" is there twice`);
    members.push({ name, offset, sizeBytes });
    position = offset + sizeBytes + (sizeBytes % 2);
  }
  return members;
}

export function invalid(label: string, reason: string, cause?: unknown): TspackError {
  return new TspackError({
    code: 'DEBIAN_PACKAGE_INVALID',
    message: `Cannot read "${label}" as a Debian package: ${reason}`,
    nextStep: 'Remove the file and let tspack download the package again',
    cause,
  });
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}
