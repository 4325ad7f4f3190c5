import { createHash } from 'node:crypto';
import { constants, lstatSync, readdirSync, readlinkSync, statfsSync } from 'node:fs';
import { toByteString, toFilePath, toText } from './byte-string.ts';
import type { ByteString } from './byte-string.ts';
import { reading } from './source-error.ts';
import { inTreePool } from './tree-pool.ts';
import type { TreeFingerprint } from './tree-request.ts';

/** The part of `lstat` that counts; `mode` with the file-type bits. */
export interface FingerprintStat {
  readonly mode: bigint;
  readonly size: bigint;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
  readonly ino: bigint;
  readonly dev: bigint;
}

export interface FingerprintOptions {
  readonly lstat?: (path: string | Buffer) => FingerprintStat;
  /** The file system's magic number (`statfs(2)`, `f_type`). */
  readonly fileSystemType?: (path: string | Buffer) => number;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

/** Part of every value: a change of what is hashed must not look like an unchanged tree. */
const FORMAT = 'tspack tree 1';
/** Kernels before 6.13 stamp files with a clock of up to 10 ms, some file systems with one of 2 s. */
const UNSETTLED_NANOSECONDS = 2_000_000_000n;
/** Where another machine or a program answers for the files, time stamps prove nothing (`statfs(2)`, kernel `magic.h`). */
const REMOTE_FILE_SYSTEMS: ReadonlyMap<number, string> = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB2'],
  [0x65735546, 'FUSE'],
  [0x01021997, '9P'],
  [0x00c36400, 'Ceph'],
  [0x5346414f, 'AFS'],
  [0x6b414653, 'AFS'],
  [0x73757245, 'Coda'],
  [0x7461636f, 'OCFS2'],
  [0x01161970, 'GFS2'],
  [0x0bd00bd0, 'Lustre'],
  [0x786f4256, 'VirtualBox shared folder'],
]);

/**
 * Says by `lstat` alone whether a tree is as it was: covers path, type, mode, size, times, inode and link target of
 * everything below the folder. The folder's own ctime is left out, since a rename changes it. Changed contents
 * under equal size and mtime are seen by their ctime, which no program can set. Works in a worker thread unless there
 * are options.
 *
 * Throws `TAR_SOURCE_UNREADABLE` and `TAR_SOURCE_CHANGED`.
 */
export async function fingerprintTree(directory: string, options?: FingerprintOptions): Promise<TreeFingerprint> {
  // Functions cannot be sent to a thread.
  return options === undefined ? await inTreePool({ directory }) : walkFingerprint(directory, options);
}

/** {@link fingerprintTree} in this thread. */
export function walkFingerprint(directory: string, options: FingerprintOptions = {}): TreeFingerprint {
  return new TreeWalk(directory, options).fingerprint();
}

class TreeWalk {
  readonly #root: ByteString;
  readonly #lstat: (path: string | Buffer) => FingerprintStat;
  readonly #fileSystemType: (path: string | Buffer) => number;
  readonly #hash = createHash('sha256');
  /** Taken before the first lstat: what is written during the walk is later, so doubtful. */
  readonly #startNs: bigint;
  #lines: string[] = [];
  #device: bigint | undefined;
  #doubtful: string | undefined;

  constructor(directory: string, options: FingerprintOptions) {
    this.#root = toByteString(directory);
    this.#lstat = options.lstat ?? ((path) => lstatSync(path, { bigint: true }));
    this.#fileSystemType = options.fileSystemType ?? ((path) => statfsSync(path).type);
    this.#startNs = BigInt(Math.floor((options.now ?? Date.now)())) * 1_000_000n;
  }

  fingerprint(): TreeFingerprint {
    this.#lines.push(FORMAT);
    const type = reading(this.#root, () => this.#fileSystemType(toFilePath(this.#root)));
    const remote = REMOTE_FILE_SYSTEMS.get(type >>> 0);
    if (remote !== undefined) this.#doubt(`the folder lies on ${remote}`);
    this.#visit('');
    this.#flush();
    return { value: this.#hash.digest('hex'), doubtful: this.#doubtful };
  }

  /** `path` is relative to the root; empty for the root itself, else with a leading slash. */
  #visit(path: ByteString): void {
    const source = this.#root + path;
    const file = toFilePath(source);
    const stat = reading(source, () => this.#lstat(file));
    this.#judge(path, stat);
    const type = Number(stat.mode) & constants.S_IFMT;
    const link = type === constants.S_IFLNK ? reading(source, () => readlinkSync(file, 'latin1')) : '';
    const ctime = path === '' ? '' : stat.ctimeNs;
    // NUL ends what may hold any other byte.
    this.#lines.push(`${path}\0${link}\0${stat.mode} ${stat.size} ${stat.mtimeNs} ${ctime} ${stat.ino}`);
    if (this.#lines.length >= 1024) this.#flush();
    if (type !== constants.S_IFDIR) return;
    const names = reading(source, () => readdirSync(file, 'latin1')).sort();
    for (const name of names) this.#visit(`${path}/${name}`);
  }

  #judge(path: ByteString, stat: FingerprintStat): void {
    this.#device ??= stat.dev;
    if (stat.dev !== this.#device) this.#doubt(`${shown(path)} lies on another file system`);
    const latest = path === '' || stat.mtimeNs > stat.ctimeNs ? stat.mtimeNs : stat.ctimeNs;
    if (latest > this.#startNs) this.#doubt(`${shown(path)} has a time in the future`);
    else if (latest > this.#startNs - UNSETTLED_NANOSECONDS) this.#doubt(`${shown(path)} was changed in the last two seconds`);
  }

  #doubt(why: string): void {
    this.#doubtful ??= why;
  }

  #flush(): void {
    this.#hash.update(this.#lines.join('\n'), 'latin1').update('\n');
    this.#lines = [];
  }
}

function shown(path: ByteString): string {
  return path === '' ? 'the folder' : JSON.stringify(toText(path.slice(1)));
}
