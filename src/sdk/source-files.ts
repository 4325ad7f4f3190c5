import { createHash } from 'node:crypto';
import { closeSync, lstatSync, openSync, readdirSync, readlinkSync, readSync } from 'node:fs';

/** One file of the application, told from its next version without reading it. */
export interface FileState {
  readonly kind: 'directory' | 'file' | 'symlink';
  /** Changes when the file does. */
  readonly mark: string;
}

/** Every folder, file and link below `root` by relative path, parents first, without the entries of the top that `leaveOut` names. Names are bytes, kept as latin1 text. */
export function listFiles(root: string, leaveOut: readonly string[] = []): ReadonlyMap<string, FileState> {
  const files = new Map<string, FileState>();
  const visit = (relative: string) => {
    for (const name of readdirSync(bytes(latinPath(root, relative)), { encoding: 'buffer' })) {
      const path = relative === '' ? name.toString('latin1') : `${relative}/${name.toString('latin1')}`;
      if (leaveOut.includes(path)) continue;
      const stat = lstatSync(bytes(latinPath(root, path)), { bigint: true });
      if (stat.isDirectory()) {
        files.set(path, { kind: 'directory', mark: '' });
        visit(path);
      }
      if (stat.isFile()) files.set(path, { kind: 'file', mark: `${stat.size} ${stat.mtimeNs} ${stat.ctimeNs} ${stat.ino} ${stat.mode}` });
      else if (stat.isSymbolicLink())
        files.set(path, { kind: 'symlink', mark: readlinkSync(bytes(latinPath(root, path)), { encoding: 'buffer' }).toString('latin1') });
    }
  };
  visit('');
  return files;
}

/** The digest of names, modes and contents of all files: equal sources give equal digests on any machine. */
export function digestFiles(root: string, files: ReadonlyMap<string, FileState>): string {
  const hash = createHash('sha256');
  const buffer = Buffer.allocUnsafe(1 << 20);
  for (const path of [...files.keys()].sort()) {
    const { kind, mark } = files.get(path)!;
    hash.update(JSON.stringify([path, kind]));
    if (kind !== 'file') {
      hash.update(mark);
      continue;
    }
    const file = openSync(bytes(latinPath(root, path)), 'r');
    try {
      const executable = (lstatSync(bytes(latinPath(root, path))).mode & 0o100) !== 0;
      hash.update(executable ? 'x' : '-');
      let size = 0;
      for (let count = readSync(file, buffer); count > 0; count = readSync(file, buffer)) {
        hash.update(buffer.subarray(0, count));
        size += count;
      }
      hash.update(String(size));
    } finally {
      closeSync(file);
    }
  }
  return `sha256:${hash.digest('hex')}`;
}

/** A path of this room as the bytes that the file system wants. The root is UTF-8 text, what is below is latin1. */
function latinPath(root: string, relative: string): string {
  const prefix = Buffer.from(root).toString('latin1');
  return relative === '' ? prefix : `${prefix}/${relative}`;
}

function bytes(path: string): Buffer {
  return Buffer.from(path, 'latin1');
}

/** The absolute path of a listed file, as bytes. */
export function pathBytes(root: string, relative: string): Buffer {
  return bytes(latinPath(root, relative));
}
