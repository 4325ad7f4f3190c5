import { posix } from 'node:path';
import { DockerfileError } from './dockerfile-error.ts';
import { compileGlob, hasGlob } from './glob.ts';
import type { LayerTarEntry } from '../archive/index.ts';
import type { DockerfilePlace } from './dockerfile-error.ts';
import type { RootIndex } from './root-index.ts';
import type { SourceEntry, SourceTree } from './source-tree.ts';

/** A file or folder that is to be copied. */
export interface CopySource {
  readonly tree: SourceTree;
  readonly entry: SourceEntry;
  /** What a file is called at its destination, when that is a folder. */
  readonly name: string;
  /** Owners of the archive or stage are kept. Of a folder: only what is in it is copied. */
  readonly keepsOwners: boolean;
}

export interface CopyRequest {
  readonly keyword: string;
  readonly sources: readonly CopySource[];
  /** As written, expanded: relative to the working directory, or absolute; a `/` at the end says that it is a folder. */
  readonly destination: string;
  readonly workingDirectory: string;
  readonly owner: { readonly uid: number; readonly gid: number };
  readonly hasOwner: boolean;
  /** Permission bits, or changes such as `u+x,go=r`. */
  readonly chmod?: (mode: number, isDirectory: boolean) => number;
  /** Globs of what is left out, relative to each source. */
  readonly exclude: readonly string[];
}

/** A folder that nobody described. */
const FOLDER_MODE = 0o755;

/**
 * The entries of the layer that a COPY or ADD makes, by Docker's rules: a folder's content is copied and not the folder;
 * missing folders are made with the owner that is asked for; links on the way to the destination are followed inside the
 * image. Throws `DOCKERFILE_COPY_FAILED`, `ROOT_PATH_INVALID`.
 */
export function planCopy(request: CopyRequest, index: RootIndex, place: DockerfilePlace): readonly LayerTarEntry[] {
  const { sources, destination, workingDirectory } = request;
  const wanted = posix.resolve('/', workingDirectory, destination);
  const found = index.resolve(wanted);
  const saysFolder = /(?:^|\/)\.{0,2}$/u.test(destination);
  if (sources.length > 1 && !saysFolder && found.type !== 'directory') {
    throw new DockerfileError(place, {
      code: 'DOCKERFILE_COPY_FAILED',
      problem: `${request.keyword} of several files to "${destination}": the destination is no folder`,
      nextStep: `End it with a slash: ${destination}/`,
    });
  }
  const entries = new Map<string, LayerTarEntry>();
  const isFolder = saysFolder || found.type === 'directory';
  for (const source of sources) {
    if (source.entry.type === 'directory') copyFolder(source, found.path, saysFolder, request, index, entries, place);
    else copyFile(source, isFolder ? posix.join(found.path, source.name) : found.path, request, index, entries, place);
  }
  return [...entries.values()];
}

function copyFile(
  source: CopySource,
  target: string,
  request: CopyRequest,
  index: RootIndex,
  entries: Map<string, LayerTarEntry>,
  place: DockerfilePlace,
): void {
  // A link at the destination is followed once more: `COPY a /etc/alternatives-link`.
  const { path, type } = index.resolve(target);
  if (type === 'directory') {
    throw new DockerfileError(place, {
      code: 'DOCKERFILE_COPY_FAILED',
      problem: `${request.keyword} cannot replace the folder "${path}" of the image by a file`,
    });
  }
  addParents(path, request, index, entries);
  entries.set(path, entryOf(source, source.entry, keyOf(path), request));
}

function copyFolder(
  source: CopySource,
  target: string,
  saysFolder: boolean,
  request: CopyRequest,
  index: RootIndex,
  entries: Map<string, LayerTarEntry>,
  place: DockerfilePlace,
): void {
  const known = index.resolve(target);
  if (known.type === 'file') {
    throw new DockerfileError(place, {
      code: 'DOCKERFILE_COPY_FAILED',
      problem: `${request.keyword} of a folder to "${target}", which is a file in the image`,
    });
  }
  addParents(target, request, index, entries);
  if (known.type === 'missing' && target !== '/' && !entries.has(target)) {
    entries.set(target, saysFolder ? folder(target, request) : entryOf(source, source.entry, keyOf(target), request));
  }
  const excluded = request.exclude.flatMap((pattern) => compileGlob(pattern.replace(/^\/+/u, '')) ?? []);
  const prefix = source.entry.path === '' ? 0 : source.entry.path.length + 1;
  for (const entry of source.tree.walk(source.entry.path)) {
    const relative = Buffer.from(entry.path.slice(prefix), 'latin1').toString('utf8');
    const parts = relative.split('/');
    if (excluded.some((expression) => parts.some((_, end) => expression.test(parts.slice(0, end + 1).join('/'))))) continue;
    const path = `${target === '/' ? '' : keyOf(target)}/${entry.path.slice(prefix)}`;
    entries.set(Buffer.from(path, 'latin1').toString('utf8'), entryOf(source, entry, path, request));
  }
}

/** Bytes of a name in a Latin-1 string: names need not be UTF-8. */
function keyOf(path: string): string {
  return Buffer.from(path).toString('latin1');
}

function addParents(path: string, request: CopyRequest, index: RootIndex, entries: Map<string, LayerTarEntry>): void {
  const parts = path.split('/').slice(1, -1);
  parts.forEach((_, end) => {
    const parent = `/${parts.slice(0, end + 1).join('/')}`;
    if (!entries.has(parent) && index.resolve(parent).type === 'missing') entries.set(parent, folder(parent, request));
  });
}

function folder(path: string, { owner }: CopyRequest): LayerTarEntry {
  return { path, type: 'directory', mode: FOLDER_MODE, ...owner };
}

/** `path` holds bytes in a Latin-1 string. */
function entryOf(source: CopySource, entry: SourceEntry, path: string, request: CopyRequest): LayerTarEntry {
  const kept = source.keepsOwners ? source.tree.owners?.get(entry.path) : undefined;
  const owner = request.hasOwner || kept === undefined ? request.owner : { uid: kept.uid, gid: kept.gid };
  const mode = request.chmod !== undefined && entry.type !== 'symlink' ? request.chmod(entry.mode, entry.type === 'directory') : entry.mode;
  return {
    path: Buffer.from(path, 'latin1'),
    type: entry.type,
    mode: entry.type === 'symlink' ? 0o777 : mode,
    ...owner,
    ...(entry.linkTarget === undefined ? {} : { linkTarget: entry.linkTarget }),
    ...(entry.type === 'file' ? { source: source.tree.hostPath(entry.path) } : {}),
  };
}

/**
 * What a source of COPY names: one path, or the matches of a pattern. Throws `DOCKERFILE_COPY_FAILED` when there is none,
 * and for a path that leads out of the context.
 */
export function findSources(tree: SourceTree, pattern: string, keepsOwners: boolean, keyword: string, place: DockerfilePlace): readonly CopySource[] {
  const relative = posix.normalize(pattern.replace(/^\/+/u, '') || '.').replace(/\/+$/u, '');
  if (relative === '..' || relative.startsWith('../')) {
    throw new DockerfileError(place, {
      code: 'DOCKERFILE_COPY_FAILED',
      problem: `${keyword} of "${pattern}" leads out of the build context`,
      nextStep: 'Copy only what lies in the build context',
    });
  }
  const path = relative === '.' ? '' : Buffer.from(relative).toString('latin1');
  const source = (entry: SourceEntry, named: string): CopySource => ({ tree, entry, name: posix.basename(named), keepsOwners });
  const exact = tree.find(path);
  if (exact !== undefined) return [source(exact, relative)];
  const expression = hasGlob(relative) ? compileGlob(relative) : undefined;
  if (expression !== undefined) {
    const depth = relative.split('/').length;
    const matches = [...tree.walk('')].filter((entry) => {
      const shown = Buffer.from(entry.path, 'latin1').toString('utf8');
      return (relative.includes('**') || shown.split('/').length === depth) && expression.test(shown);
    });
    const found = matches.flatMap((entry) => {
      const followed = tree.find(entry.path);
      return followed === undefined ? [] : [source(followed, Buffer.from(entry.path, 'latin1').toString('utf8'))];
    });
    if (found.length > 0) return found;
  }
  throw new DockerfileError(place, {
    code: 'DOCKERFILE_COPY_FAILED',
    problem: `${keyword} finds no "${pattern}" in the build context`,
    nextStep: 'Check the path, and that .dockerignore does not leave it out',
  });
}
