const SYMBOLS = 11;
const NEEDED_VERSIONS = 0x6fff_fffe;
const SYMBOL_VERSIONS = 0x6fff_ffff;
const ANY_VERSION = 1;
const SYMBOL_BYTES = 24;
const NEWER_PREFIX = '__isoc23_';
const NEWER_VERSION = 'GLIBC_2.38';

/**
 * fakeroot's library as older C libraries can load it. Compiled for glibc 2.38, it calls C23's names of `strtol` and its
 * like, which differ in how they read `0b1`: it is made to call the old ones. The rest is as old as glibc 2.34.
 *
 * @param library A 64-bit ELF of the lower byte order; one without such calls comes back as it was.
 */
export function forOlderGlibc(library: Uint8Array): Uint8Array {
  const bytes = Uint8Array.from(library);
  const view = new DataView(bytes.buffer);
  const sections = readSections(view);
  const symbols = sections.find(({ type }) => type === SYMBOLS);
  const versions = sections.find(({ type }) => type === SYMBOL_VERSIONS);
  const needed = sections.find(({ type }) => type === NEEDED_VERSIONS);
  if (symbols === undefined || versions === undefined || needed === undefined) return bytes;
  const names = sections[symbols.link]?.offset ?? 0;
  const nameAt = (offset: number): string => Buffer.from(bytes.subarray(names + offset, bytes.indexOf(0, names + offset))).toString('latin1');
  for (let index = 0; index < symbols.size / SYMBOL_BYTES; index++) {
    const at = symbols.offset + index * SYMBOL_BYTES;
    const name = view.getUint32(at, true);
    if (!nameAt(name).startsWith(NEWER_PREFIX)) continue;
    // What is left of the name is the old one.
    view.setUint32(at, name + NEWER_PREFIX.length, true);
    view.setUint16(versions.offset + index * 2, ANY_VERSION, true);
  }
  const versionsNeeded = neededVersions(view, needed.offset);
  const older = versionsNeeded.find((at) => nameAt(view.getUint32(at + 8, true)) !== NEWER_VERSION);
  for (const at of versionsNeeded) {
    if (older === undefined || nameAt(view.getUint32(at + 8, true)) !== NEWER_VERSION) continue;
    // Nothing refers to it any more. The loader says so of what is weak, so it becomes one that is there: its hash and its name.
    view.setUint32(at, view.getUint32(older, true), true);
    view.setUint32(at + 8, view.getUint32(older + 8, true), true);
  }
  return bytes;
}

interface Section {
  readonly type: number;
  readonly offset: number;
  readonly size: number;
  readonly link: number;
}

/** elf(5): `Elf64_Shdr`. */
function readSections(view: DataView): readonly Section[] {
  const start = Number(view.getBigUint64(40, true));
  const [size, count] = [view.getUint16(58, true), view.getUint16(60, true)];
  return Array.from({ length: count }, (_, index) => {
    const at = start + index * size;
    const long = (offset: number) => Number(view.getBigUint64(at + offset, true));
    return { type: view.getUint32(at + 4, true), offset: long(24), size: long(32), link: view.getUint32(at + 40, true) };
  });
}

/** Offsets of every `Elf64_Vernaux` of every `Elf64_Verneed`. */
function neededVersions(view: DataView, start: number): readonly number[] {
  const found: number[] = [];
  for (let need = start, more = true; more;) {
    const count = view.getUint16(need + 2, true);
    let at = need + view.getUint32(need + 8, true);
    for (let index = 0; index < count; index++) {
      found.push(at);
      at += view.getUint32(at + 12, true);
    }
    const next = view.getUint32(need + 12, true);
    need += next;
    more = next !== 0;
  }
  return found;
}
