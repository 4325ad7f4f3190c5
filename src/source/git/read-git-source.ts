import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { inflateSync } from 'node:zlib';
import { withoutCredentials } from './address.ts';

/** What a git checkout says of itself. */
export interface GitSource {
  /** Hash of the commit that is checked out. */
  readonly commit: string;
  /** A tag of that commit, annotated ones first; else the commit. */
  readonly describe: string;
  /** The branch, and the tags of the commit. */
  readonly refs: readonly string[];
  /** Of the remote `origin`, or of the first one; without credentials. */
  readonly url?: string;
}

/** Where a repository keeps its files: those of this work tree, and those that all of its work trees share. */
interface GitFolders {
  readonly own: string;
  readonly common: string;
}

const HASH = /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/;
/** Refs, configs and tags are small. */
const MAXIMUM_BYTES = 4_000_000;

/**
 * Reads which commit a folder is a checkout of; undefined when it is none, or has no commit yet. Only files are read: the
 * git program would run what the repository's own config says, and answers differ with its version.
 */
export function readGitSource(folder: string): GitSource | undefined {
  try {
    const folders = findGit(folder);
    const head = folders && read(join(folders.own, 'HEAD'))?.trim();
    if (folders === undefined || head === undefined) return undefined;
    const packed = readPackedRefs(folders.common);
    const branch = /^ref: (refs\/heads\/.+)$/.exec(head)?.[1];
    const commit = branch === undefined ? head : (read(join(folders.common, branch))?.trim() ?? packed.get(branch)?.hash);
    if (commit === undefined || !HASH.test(commit)) return undefined;
    const tags = tagsOf(commit, folders, packed);
    const url = remoteUrl(read(join(folders.common, 'config')) ?? '');
    return {
      commit,
      describe: tags[0] ?? commit,
      refs: [...(branch === undefined ? [] : [branch.slice('refs/heads/'.length)]), ...tags],
      ...(url === undefined ? {} : { url }),
    };
  } catch {
    // A repository that cannot be read says nothing; nobody asked for it.
    return undefined;
  }
}

/** `.git` is a folder, or in a further work tree a file that names one. */
function findGit(folder: string): GitFolders | undefined {
  const path = join(folder, '.git');
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return undefined;
  const named = stat.isFile() ? /^gitdir: (.+)$/m.exec(read(path) ?? '')?.[1] : undefined;
  const own = named === undefined ? path : resolve(folder, named.trim());
  const common = read(join(own, 'commondir'))?.trim();
  return { own, common: common === undefined ? own : resolve(own, common) };
}

interface PackedRef {
  readonly hash: string;
  /** What an annotated tag points to. */
  readonly peeled?: string;
}

function readPackedRefs(common: string): ReadonlyMap<string, PackedRef> {
  const refs = new Map<string, PackedRef>();
  let last: string | undefined;
  for (const line of (read(join(common, 'packed-refs')) ?? '').split('\n')) {
    const [, hash, name] = /^([0-9a-f]{40,64}) (.+)$/.exec(line) ?? [];
    if (hash !== undefined && name !== undefined) refs.set((last = name), { hash });
    const peeled = /^\^([0-9a-f]{40,64})$/.exec(line)?.[1];
    const before = last === undefined ? undefined : refs.get(last);
    if (peeled !== undefined && last !== undefined && before !== undefined) refs.set(last, { ...before, peeled });
  }
  return refs;
}

/** The names of the tags of a commit: annotated ones, then the others, each by name. */
function tagsOf(commit: string, { common }: GitFolders, packed: ReadonlyMap<string, PackedRef>): readonly string[] {
  const prefix = 'refs/tags/';
  const refs = new Map([...packed].filter(([name]) => name.startsWith(prefix)));
  const folder = join(common, prefix);
  for (const entry of existsSync(folder) ? readdirSync(folder, { recursive: true, withFileTypes: true }) : []) {
    const path = join(entry.parentPath, entry.name);
    const hash = entry.isFile() ? read(path)?.trim() : undefined;
    const peeled = hash === undefined || hash === commit ? undefined : taggedBy(common, hash);
    if (hash !== undefined && HASH.test(hash)) refs.set(`${prefix}${path.slice(folder.length)}`, { hash, ...(peeled === undefined ? {} : { peeled }) });
  }
  const names = (keep: (ref: PackedRef) => boolean) => [...refs].filter(([, ref]) => keep(ref)).map(([name]) => name.slice(prefix.length));
  return [...names(({ peeled }) => peeled === commit).sort(), ...names(({ hash }) => hash === commit).sort()];
}

/** The object of an annotated tag that is a file of its own; git names the targets of packed ones in `packed-refs`. */
function taggedBy(common: string, hash: string): string | undefined {
  const file = join(common, 'objects', hash.slice(0, 2), hash.slice(2));
  if (!HASH.test(hash) || !existsSync(file) || statSync(file).size > MAXIMUM_BYTES) return undefined;
  const text = inflateSync(readFileSync(file), { maxOutputLength: MAXIMUM_BYTES }).toString('latin1');
  return /^tag \d+\0object ([0-9a-f]{40,64})\n/.exec(text)?.[1];
}

function remoteUrl(config: string): string | undefined {
  const urls = new Map<string, string>();
  let remote: string | undefined;
  for (const line of config.split('\n')) {
    const section = /^\s*\[(.*)\]/.exec(line)?.[1];
    if (section !== undefined) remote = /^remote "(.*)"$/.exec(section)?.[1];
    const url = /^\s*url\s*=\s*(.*?)\s*$/.exec(line)?.[1];
    if (remote !== undefined && url !== undefined && !urls.has(remote)) urls.set(remote, url);
  }
  const url = urls.get('origin') ?? urls.values().next().value;
  return url && withoutCredentials(url);
}

function read(path: string): string | undefined {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat?.isFile() === true && stat.size <= MAXIMUM_BYTES ? readFileSync(path, 'utf8') : undefined;
}
