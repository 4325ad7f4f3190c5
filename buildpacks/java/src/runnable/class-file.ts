/** What of a compiled class is looked at (Java Virtual Machine Specification, chapter 4). */
export interface ClassFile {
  /** With dots: `com.example.Main`. */
  readonly name: string;
  /** The first version of Java that runs it. */
  readonly feature: number;
  /** Whether it has a method that `java` starts it by. */
  readonly hasMain: boolean;
}

const MAGIC = 0xcafebabe;
/** Class files of Java 1.0 have version 45 minus nothing; each version of Java counts one up: 52 is Java 8. */
const VERSION_OFFSET = 44;
const [PUBLIC, STATIC] = [0x0001, 0x0008];
/** Bytes that follow the tag of a constant; texts carry their own length. */
const CONSTANT_BYTES: Readonly<Record<number, number>> = {
  3: 4,
  4: 4,
  5: 8,
  6: 8,
  7: 2,
  8: 2,
  9: 4,
  10: 4,
  11: 4,
  12: 4,
  15: 3,
  16: 2,
  17: 4,
  18: 4,
  19: 2,
  20: 2,
};
const [TEXT, CLASS] = [1, 7];

/** The version of Java that a class file needs; undefined when the bytes are none. Eight bytes are enough. */
export function classFeature(bytes: Buffer): number | undefined {
  return bytes.length >= 8 && bytes.readUInt32BE(0) === MAGIC ? bytes.readUInt16BE(6) - VERSION_OFFSET : undefined;
}

/** Reads a class file; undefined when it is none, or is damaged. */
export function readClassFile(bytes: Buffer): ClassFile | undefined {
  const feature = classFeature(bytes);
  if (feature === undefined) return undefined;
  try {
    const { texts, classNames, end } = readConstants(bytes);
    const name = texts.get(classNames.get(bytes.readUInt16BE(end + 2))!)!;
    const interfaces = bytes.readUInt16BE(end + 6);
    const fields = skipMembers(bytes, end + 8 + interfaces * 2);
    return { name: name.replaceAll('/', '.'), feature, hasMain: hasMainMethod(bytes, fields, texts) };
  } catch (error) {
    if (error instanceof RangeError || error instanceof TypeError) return undefined;
    throw error;
  }
}

/** Every text in a class file: names, signatures, strings. None when it is damaged. */
export function classTexts(bytes: Buffer): Iterable<string> {
  try {
    return classFeature(bytes) === undefined ? [] : readConstants(bytes).texts.values();
  } catch (error) {
    if (error instanceof RangeError) return [];
    throw error;
  }
}

function readConstants(bytes: Buffer): { texts: ReadonlyMap<number, string>; classNames: ReadonlyMap<number, number>; end: number } {
  const texts = new Map<number, string>();
  const classNames = new Map<number, number>();
  const count = bytes.readUInt16BE(8);
  let at = 10;
  for (let index = 1; index < count; index++) {
    const tag = bytes.readUInt8(at);
    if (tag === TEXT) {
      const length = bytes.readUInt16BE(at + 1);
      texts.set(index, bytes.toString('utf8', at + 3, at + 3 + length));
      at += 3 + length;
      continue;
    }
    if (tag === CLASS) classNames.set(index, bytes.readUInt16BE(at + 1));
    const size = CONSTANT_BYTES[tag];
    if (size === undefined) throw new RangeError(`constant ${tag}`);
    at += 1 + size;
    // A long or a double takes two places, "in retrospect a poor choice" (§4.4.5).
    if (size === 8) index++;
  }
  return { texts, classNames, end: at };
}

/** Where the fields, or methods, that begin at `at` end. */
function skipMembers(bytes: Buffer, at: number): number {
  const count = bytes.readUInt16BE(at);
  let next = at + 2;
  for (let index = 0; index < count; index++) next = skipAttributes(bytes, next + 6);
  return next;
}

function skipAttributes(bytes: Buffer, at: number): number {
  const count = bytes.readUInt16BE(at);
  let next = at + 2;
  for (let index = 0; index < count; index++) next += 6 + bytes.readUInt32BE(next + 2);
  return next;
}

function hasMainMethod(bytes: Buffer, at: number, texts: ReadonlyMap<number, string>): boolean {
  const count = bytes.readUInt16BE(at);
  let next = at + 2;
  for (let index = 0; index < count; index++) {
    const flags = bytes.readUInt16BE(next);
    const isMain = texts.get(bytes.readUInt16BE(next + 2)) === 'main' && texts.get(bytes.readUInt16BE(next + 4)) === '([Ljava/lang/String;)V';
    if (isMain && (flags & PUBLIC) !== 0 && (flags & STATIC) !== 0) return true;
    next = skipAttributes(bytes, next + 6);
  }
  return false;
}
