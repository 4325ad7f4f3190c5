import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { listArMembers, invalid } from './ar.ts';
import type { ArMember } from './ar.ts';

/** An open package file: `debian-binary`, `control.tar.*`, `data.tar.*` (deb(5)). */
export interface DebFile extends Disposable {
  readonly label: string;
  readonly control: ArMember;
  readonly data: ArMember;
  readAt(offset: number, length: number): Uint8Array;
}

/** Opens a package and checks its outer form. Throws `DEBIAN_PACKAGE_INVALID`. */
export function openDebFile(path: string, label: string): DebFile {
  const file = openSync(path, 'r');
  try {
    const readAt = (offset: number, length: number) => {
      const bytes = Buffer.allocUnsafe(length);
      let done = 0;
      while (done < length) {
        const count = readSync(file, bytes, done, length - done, offset + done);
        if (count === 0) break;
        done += count;
      }
      return bytes.subarray(0, done);
    };
    const members = listArMembers(readAt, fstatSync(file).size, label);
    const [first] = members;
    if (first?.name !== 'debian-binary' || first.sizeBytes > 64 || !/^2\.\d+\n/.test(Buffer.from(readAt(first.offset, first.sizeBytes)).toString('latin1'))) {
      throw invalid(label, 'it is not of format 2');
    }
    const pick = (part: string) => {
      const found = members.filter(({ name }) => name === part || name.startsWith(`${part}.`));
      if (found.length !== 1) throw invalid(label, `it has ${found.length === 0 ? 'no' : 'more than one'} ${part}`);
      return found[0]!;
    };
    return { label, control: pick('control.tar'), data: pick('data.tar'), readAt, [Symbol.dispose]: () => closeSync(file) };
  } catch (error) {
    closeSync(file);
    throw error;
  }
}
