import { existsSync, lstatSync, readFileSync, readdirSync, readlinkSync, statSync } from 'node:fs';
import { join, posix } from 'node:path';
import { NOTHING_IGNORED, parseDockerignore } from './dockerignore.ts';
import type { IgnoreRules } from './dockerignore.ts';

/** A path of a folder that is copied from, links not followed. */
export interface SourceEntry {
  /** Bytes in a Latin-1 string, relative to the tree; `''` is the tree itself. */
  readonly path: string;
  readonly type: 'file' | 'directory' | 'symlink' | 'fifo';
  readonly mode: number;
  readonly sizeBytes: number;
  readonly linkTarget?: Uint8Array;
}

/** A folder of the host that COPY and ADD take files from. It never gives what lies outside of it. */
export interface SourceTree {
  readonly directory: string;
  /** What lies at a path, links followed inside the tree; undefined when nothing does or it is ignored. */
  find(path: string): SourceEntry | undefined;
  /** Everything below a path, each folder before what it holds, names sorted by bytes; ignored paths are left out. */
  walk(path: string): Generator<SourceEntry>;
  /** Where the bytes of a file are. */
  hostPath(path: string): Buffer;
  /** Owner and mode from elsewhere than the file system: of unpacked archives and stages. */
  readonly owners?: ReadonlyMap<string, { readonly uid: number; readonly gid: number; readonly mode: number }>;
}

const MAXIMUM_LINKS = 40;
const MAXIMUM_IGNORE_BYTES = 1_000_000;

/** The build context, without what its `.dockerignore` (or that beside the Dockerfile) leaves out. */
export function openContext(directory: string, dockerfile: string | undefined): SourceTree {
  const file = [...(dockerfile === undefined ? [] : [`${dockerfile}.dockerignore`]), join(directory, '.dockerignore')].find(isSmallFile);
  return openSourceTree(directory, file === undefined ? NOTHING_IGNORED : parseDockerignore(readFileSync(file, 'utf8')));
}

function isSmallFile(path: string): boolean {
  if (!existsSync(path)) return false;
  const stat = statSync(path);
  return stat.isFile() && stat.size <= MAXIMUM_IGNORE_BYTES;
}

export function openSourceTree(directory: string, rules: IgnoreRules = NOTHING_IGNORED, owners?: SourceTree['owners']): SourceTree {
  const root = Buffer.from(directory);
  const hostPath = (path: string) => (path === '' ? root : Buffer.concat([root, Buffer.from(`/${path}`, 'latin1')]));
  const entryAt = (path: string): SourceEntry | undefined => {
    const stat = lstatSync(hostPath(path), { throwIfNoEntry: false });
    const type = stat?.isFile() ? 'file' : stat?.isDirectory() ? 'directory' : stat?.isSymbolicLink() ? 'symlink' : stat?.isFIFO() ? 'fifo' : undefined;
    if (stat === undefined || type === undefined) return undefined;
    const linkTarget = type === 'symlink' ? { linkTarget: readlinkSync(hostPath(path), { encoding: 'buffer' }) } : {};
    return { path, type, mode: owners?.get(path)?.mode ?? stat.mode & 0o7777, sizeBytes: type === 'file' ? stat.size : 0, ...linkTarget };
  };
  const shown = (path: string) => Buffer.from(path, 'latin1').toString('utf8');

  function* walk(path: string): Generator<SourceEntry> {
    const names = readdirSync(hostPath(path), { encoding: 'buffer' }).map((name) => name.toString('latin1'));
    for (const name of names.sort()) {
      const child = path === '' ? name : `${path}/${name}`;
      const entry = entryAt(child);
      if (entry === undefined) continue;
      const ignored = rules.ignores(shown(child));
      if (!ignored) yield entry;
      if (entry.type === 'directory' && !(ignored && rules.mayPrune)) yield* walk(child);
    }
  }

  return {
    directory,
    hostPath,
    walk,
    find(path) {
      const resolved = followLinks(path, entryAt);
      if (resolved === undefined || (resolved.path !== '' && rules.ignores(shown(resolved.path)))) return undefined;
      return resolved;
    },
    ...(owners === undefined ? {} : { owners }),
  };
}

/** As a process whose root is the tree would; undefined when nothing is there. */
function followLinks(path: string, entryAt: (path: string) => SourceEntry | undefined): SourceEntry | undefined {
  const open = path.split('/');
  const done: string[] = [];
  let entry = entryAt('');
  for (let links = 0; open.length > 0;) {
    const part = open.shift()!;
    if (part === '' || part === '.') continue;
    if (part === '..') {
      done.pop();
      entry = entryAt(done.join('/'));
      continue;
    }
    if (entry?.type !== 'directory') return undefined;
    const next = entryAt([...done, part].join('/'));
    if (next?.type === 'symlink') {
      if (++links > MAXIMUM_LINKS) return undefined;
      const target = Buffer.from(next.linkTarget!).toString('latin1');
      if (posix.isAbsolute(target)) done.length = 0;
      open.unshift(...target.split('/'));
      entry = entryAt(done.join('/'));
      continue;
    }
    if (next === undefined) return undefined;
    done.push(part);
    entry = next;
  }
  return entry;
}
