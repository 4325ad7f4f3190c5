import { closeSync, constants, fchmodSync, chmodSync, linkSync, lstatSync, mkdirSync, openSync, readlinkSync, symlinkSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { TspackError, hasSystemCode } from '../foundation/index.ts';
import type { DebTarEntry } from './deb-tar.ts';
import type { CompiledRules } from './extract-rules.ts';

/** What was unpacked, with the owner and mode of the package; on disk it belongs to the caller. */
export interface ExtractedEntry {
  /** Relative to the folder, after renaming. */
  readonly path: string;
  readonly type: 'file' | 'directory' | 'symlink' | 'hardlink';
  /** As the package has it, setuid and setgid included. On disk these two are off, and the owner can read all. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly sizeBytes: number;
  /** Of symbolic links verbatim; of hard links relative to the folder, after renaming. */
  readonly linkTarget?: string;
}

const MOST_BYTES = 4 * 1024 ** 3;
const MOST_ENTRIES = 500_000;
const SKIP = { write: () => undefined, end: () => undefined };

/**
 * Writes the entries of packages below a folder, and never outside it: names are relative and have no `..`, nothing is
 * written through a symbolic link, existing files are never replaced, devices are refused. Synchronous.
 */
export class PackageTree implements Disposable {
  readonly #root: string;
  readonly #label: string;
  readonly #rules: CompiledRules;
  readonly #entries: ExtractedEntry[] = [];
  // Folders known to be real ones. They stay so: nothing here ever replaces a folder.
  readonly #folders = new Set<string>(['']);
  #bytes = 0;
  #count = 0;
  #open: number | undefined;

  constructor(root: string, label: string, rules: CompiledRules) {
    this.#root = root;
    this.#label = label;
    this.#rules = rules;
  }

  get entries(): readonly ExtractedEntry[] {
    return this.#entries;
  }

  /** Creates an entry; the result takes the bytes of a file. */
  add(entry: DebTarEntry): { write(bytes: Uint8Array): void; end(): void } {
    this.#bytes += entry.sizeBytes;
    this.#count++;
    if (this.#bytes > MOST_BYTES || this.#count > MOST_ENTRIES) {
      throw new TspackError({
        code: 'DEBIAN_PACKAGE_TOO_LARGE',
        message: `Cannot unpack "${this.#label}": it has more than ${MOST_ENTRIES} entries or ${MOST_BYTES / 1024 ** 3} GiB`,
        nextStep: 'Leave this package out',
      });
    }
    const original = this.#relative(entry.path, 'the name');
    if (original === '') return SKIP;
    const path = this.#rules.target(original, entry.type === 'symlink');
    if (path === undefined) return SKIP;
    switch (entry.type) {
      case 'directory':
        this.#directory(path, entry);
        return SKIP;
      case 'file':
        return this.#file(path, entry);
      case 'symlink':
        this.#symlink(path, entry);
        return SKIP;
      case 'hardlink':
        this.#hardLink(path, entry);
        return SKIP;
      default:
        throw this.#unsafe(`${JSON.stringify(path)} is a ${entry.type === 'unknown' ? 'thing of unknown type' : entry.type}`);
    }
  }

  /** Closes the file that a broken package left open. */
  [Symbol.dispose](): void {
    if (this.#open !== undefined) closeSync(this.#open);
    this.#open = undefined;
  }

  #directory(path: string, entry: DebTarEntry): void {
    this.#parents(path);
    const host = join(this.#root, path);
    if (!this.#folders.has(path)) {
      try {
        mkdirSync(host);
      } catch (error) {
        if (!hasSystemCode(error, 'EEXIST')) throw error;
        if (!lstatSync(host).isDirectory()) throw this.#conflict(path);
      }
      this.#folders.add(path);
    }
    // Always open to its owner: other packages write into it as well.
    chmodSync(host, (entry.mode & 0o1777) | 0o700);
    this.#record(path, 'directory', entry);
  }

  #file(path: string, entry: DebTarEntry): { write(bytes: Uint8Array): void; end(): void } {
    this.#parents(path);
    const file = this.#once(path, () =>
      openSync(join(this.#root, path), constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, 0o600),
    );
    this.#record(path, 'file', entry);
    this.#open = file;
    return {
      write: (bytes) => {
        for (let done = 0; done < bytes.length;) done += writeSync(file, bytes, done);
      },
      end: () => {
        fchmodSync(file, (entry.mode & 0o1777) | 0o400);
        this[Symbol.dispose]();
      },
    };
  }

  /** Links may point anywhere, as they do in every distribution: nothing is ever written through one. */
  #symlink(path: string, entry: DebTarEntry): void {
    if (entry.linkTarget === '') throw this.#unsafe(`the link ${JSON.stringify(path)} has no target`);
    this.#parents(path);
    const host = join(this.#root, path);
    try {
      symlinkSync(entry.linkTarget, host);
    } catch (error) {
      if (!hasSystemCode(error, 'EEXIST')) throw error;
      const isSame = lstatSync(host).isSymbolicLink() && readlinkSync(host) === entry.linkTarget;
      if (!isSame) throw this.#conflict(path);
    }
    this.#record(path, 'symlink', entry, entry.linkTarget);
  }

  #hardLink(path: string, entry: DebTarEntry): void {
    const target = this.#rules.renamed(this.#relative(entry.linkTarget, 'the link target'), false);
    this.#parents(target);
    this.#parents(path);
    const host = join(this.#root, target);
    let isFile = false;
    try {
      isFile = lstatSync(host).isFile();
    } catch (error) {
      if (!hasSystemCode(error, 'ENOENT')) throw error;
    }
    if (!isFile) throw this.#unsafe(`${JSON.stringify(path)} is a hard link to ${JSON.stringify(target)}, which is no file that was unpacked`);
    this.#once(path, () => linkSync(host, join(this.#root, path)));
    this.#record(path, 'hardlink', entry, target);
  }

  /** Makes sure that every folder above is a real one, and creates those that no entry names. */
  #parents(path: string): void {
    const parent = dirname(path);
    if (parent === '.' || this.#folders.has(parent)) return;
    this.#parents(parent);
    const host = join(this.#root, parent);
    try {
      mkdirSync(host);
      chmodSync(host, 0o755);
    } catch (error) {
      if (!hasSystemCode(error, 'EEXIST')) throw error;
      const found = lstatSync(host);
      if (found.isSymbolicLink()) throw this.#unsafe(`${JSON.stringify(path)} would be written through the symbolic link ${JSON.stringify(parent)}`);
      if (!found.isDirectory()) throw this.#conflict(parent);
    }
    this.#folders.add(parent);
  }

  #once<Result>(path: string, create: () => Result): Result {
    try {
      return create();
    } catch (error) {
      if (hasSystemCode(error, 'EEXIST', 'ELOOP')) throw this.#conflict(path);
      throw error;
    }
  }

  #relative(name: string, what: string): string {
    const path = name.replace(/^(?:\.\/+)+/, '').replace(/\/+$/, '');
    if (path === '' || path === '.') return '';
    // A NUL would end the name for the system and not for us.
    const isUnsafe = path.startsWith('/') || path.split('/').some((part) => part === '..' || part === '.' || part === '') || /\0/.test(path);
    if (isUnsafe) throw this.#unsafe(`${what} ${JSON.stringify(name)} leads out of the package`);
    return path;
  }

  #record(path: string, type: ExtractedEntry['type'], entry: DebTarEntry, linkTarget?: string): void {
    const { mode, uid, gid, sizeBytes } = entry;
    this.#entries.push({ path, type, mode, uid, gid, sizeBytes, ...(linkTarget === undefined ? {} : { linkTarget }) });
  }

  #unsafe(reason: string): TspackError {
    return new TspackError({
      code: 'DEBIAN_PACKAGE_UNSAFE',
      message: `Cannot unpack "${this.#label}": ${reason}`,
      nextStep: 'Leave this package out, because packages of Debian never do this',
    });
  }

  #conflict(path: string): TspackError {
    return new TspackError({
      code: 'DEBIAN_PACKAGE_CONFLICT',
      message: `Cannot unpack "${this.#label}": ${JSON.stringify(path)} is there already`,
      nextStep: 'Leave out one of the packages that bring this file',
    });
  }
}
