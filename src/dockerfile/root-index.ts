import { readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { readTar } from '../archive/index.ts';
import { TspackError } from '../foundation/index.ts';
import type { RootChange } from '../executor/index.ts';

const MAXIMUM_LINKS = 40;
const MAXIMUM_ACCOUNT_BYTES = 1024 * 1024;
const WHITEOUT = '.wh.';
const OPAQUE = '.wh..wh..opq';
/** The files that say who a user is. */
const ACCOUNT_FILES = ['etc/passwd', 'etc/group'] as const;

export type AccountFile = (typeof ACCOUNT_FILES)[number];

/** What is known of a path of a root. */
export interface IndexedPath {
  /** Absolute, links followed. */
  readonly path: string;
  readonly type: 'directory' | 'file' | 'missing';
}

/** What a layer does to the folders and links of a root; plain data, as it is kept in a file. */
export interface IndexChanges {
  /** Relative paths. `d` folder, `f` file or what else, `l<target>` link, `-` removed, `o` folder that hides what was there. */
  readonly paths: Readonly<Record<string, string>>;
  readonly accounts: Readonly<Partial<Record<AccountFile, string>>>;
}

/**
 * The shape of a root: its folders, its links and who its users are. Layer folders are the executor's, and a root need
 * not have a shell to ask in, so this is read from layer tars and from listed changes. Immutable. Names that are not
 * UTF-8 are known by what is left of them.
 */
export class RootIndex {
  readonly #paths: ReadonlyMap<string, string>;
  readonly #accounts: Readonly<Partial<Record<AccountFile, string>>>;

  private constructor(paths: ReadonlyMap<string, string>, accounts: Readonly<Partial<Record<AccountFile, string>>>) {
    this.#paths = paths;
    this.#accounts = accounts;
  }

  static readonly empty = new RootIndex(new Map(), {});

  /** The root with one more layer on it. */
  with(changes: IndexChanges): RootIndex {
    const paths = new Map(this.#paths);
    for (const [path, what] of Object.entries(changes.paths)) {
      // A folder over a folder keeps what is in it.
      if (what !== 'd' || paths.get(path) !== 'd') for (const known of below(paths, path)) paths.delete(known);
      if (what === '-') paths.delete(path);
      else paths.set(path, what === 'o' ? 'd' : what);
    }
    return new RootIndex(paths, { ...this.#accounts, ...changes.accounts });
  }

  /** As changes of an empty root. */
  toChanges(): IndexChanges {
    return { paths: Object.fromEntries(this.#paths), accounts: this.#accounts };
  }

  /** `etc/passwd` or `etc/group`; empty when there is none. */
  account(file: AccountFile): string {
    return this.#accounts[file] ?? '';
  }

  /** Follows an absolute path through links, as a process in the root would. Throws `ROOT_PATH_INVALID`. */
  resolve(path: string): IndexedPath {
    const open = path.split('/');
    const done: string[] = [];
    for (let links = 0; open.length > 0;) {
      const part = open.shift()!;
      if (part === '' || part === '.') continue;
      if (part === '..') {
        done.pop();
        continue;
      }
      const what = this.#paths.get([...done, part].join('/'));
      if (what?.startsWith('l') !== true) {
        done.push(part);
        if (what === 'f' && open.some((rest) => rest !== '' && rest !== '.')) throw invalidPath(path, `"/${done.join('/')}" is a file`);
        continue;
      }
      if (++links > MAXIMUM_LINKS) throw invalidPath(path, 'there are too many links on the way');
      const target = what.slice(1);
      if (target.startsWith('/')) done.length = 0;
      open.unshift(...target.split('/'));
    }
    const what = done.length === 0 ? 'd' : this.#paths.get(done.join('/'));
    return { path: `/${done.join('/')}`, type: what === undefined ? 'missing' : what === 'd' ? 'directory' : 'file' };
  }
}

function* below(paths: ReadonlyMap<string, string>, folder: string): Generator<string> {
  const own = paths.get(folder);
  if (own !== 'd') return;
  const prefix = `${folder}/`;
  for (const path of [...paths.keys()]) if (path.startsWith(prefix)) yield path;
}

function invalidPath(path: string, why: string): TspackError {
  return new TspackError({ code: 'ROOT_PATH_INVALID', message: `Cannot use "${path}" in the image: ${why}` });
}

/** Reads what layer tars do to a root, base first; contents are skipped. */
export async function readIndex(tars: readonly (() => AsyncIterable<Uint8Array>)[]): Promise<RootIndex> {
  let index = RootIndex.empty;
  for (const open of tars) index = index.with(await readTarChanges(open()));
  return index;
}

/** What one layer tar does to a root. */
export async function readTarChanges(tar: AsyncIterable<Uint8Array>): Promise<IndexChanges> {
  const paths: Record<string, string> = {};
  const accounts: Partial<Record<AccountFile, string>> = {};
  for await (const entry of readTar(tar)) {
    const path = posix.normalize(`/${entry.path}`).slice(1);
    if (path === '') continue;
    const name = posix.basename(path);
    const folder = path.slice(0, -name.length - 1);
    if (name === OPAQUE) paths[folder] = 'o';
    else if (name.startsWith(WHITEOUT)) paths[posix.join(folder, name.slice(WHITEOUT.length))] = '-';
    else if (entry.type === 'directory') paths[path] ??= 'd';
    else paths[path] = entry.type === 'symlink' ? `l${entry.linkTarget ?? ''}` : 'f';
    if (isAccountFile(path) && entry.sizeBytes <= MAXIMUM_ACCOUNT_BYTES) accounts[path] = await textOf(entry.content);
  }
  return { paths, accounts };
}

/** What listed changes do to a root. */
export function indexChanges(changes: readonly RootChange[]): IndexChanges {
  const paths: Record<string, string> = {};
  const accounts: Partial<Record<AccountFile, string>> = {};
  for (const { path: bytes, change, type, linkTarget, source, sizeBytes } of changes) {
    const path = Buffer.from(bytes).toString('utf8');
    if (change === 'removed') paths[path] = '-';
    else if (type === 'directory') paths[path] = change === 'opaque' ? 'o' : 'd';
    else paths[path] = type === 'symlink' ? `l${Buffer.from(linkTarget ?? []).toString('utf8')}` : 'f';
    if (isAccountFile(path) && change === 'removed') accounts[path] = '';
    else if (isAccountFile(path) && source !== undefined && (sizeBytes ?? 0) <= MAXIMUM_ACCOUNT_BYTES)
      accounts[path] = readFileSync(Buffer.from(source as string), 'utf8');
  }
  return { paths, accounts };
}

function isAccountFile(path: string): path is AccountFile {
  return (ACCOUNT_FILES as readonly string[]).includes(path);
}

async function textOf(content: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of content) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}
