import { lstatSync, mkdirSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { TspackError, nearestNames } from '../foundation/index.ts';
import { parseGitAddress } from './git/address.ts';
import { fetchGit } from './git/fetch-git.ts';
import { readGitSource } from './git/read-git-source.ts';
import { keepStream, unpackSource } from './unpack-source.ts';
import type { GitAddress } from './git/address.ts';
import type { RunGit } from './git/fetch-git.ts';
import type { GitSource } from './git/read-git-source.ts';

/** Where an application is. */
export type SourcePlace =
  | { readonly kind: 'folder'; readonly path: string }
  | { readonly kind: 'archive'; readonly path: string; readonly shown: string }
  | { readonly kind: 'stream'; readonly bytes: AsyncIterable<Uint8Array>; readonly shown: string }
  | ({ readonly kind: 'git' } & GitAddress);

export type FetchedPlace = Exclude<SourcePlace, { kind: 'folder' }>;

/** An application that was brought into a folder. */
export interface FetchedSource {
  readonly folder: string;
  /** Which commit it is, where it comes from a repository. */
  readonly git?: GitSource;
}

/**
 * Where the user says that an application is: a path, the address of a git repository, or the bytes of an archive. Whatever is no file counts as a
 * folder, which {@link requireSourceFolder} judges. Throws `SOURCE_ADDRESS_INVALID`.
 */
export function locateSource(source: string | AsyncIterable<Uint8Array>, baseDirectory: string): SourcePlace {
  if (typeof source !== 'string') return { kind: 'stream', bytes: source, shown: 'standard input' };
  const address = parseGitAddress(source);
  if (address !== undefined) return { kind: 'git', ...address };
  const path = resolve(baseDirectory, source);
  const isFile = statSync(path, { throwIfNoEntry: false })?.isFile() === true;
  return isFile ? { kind: 'archive', path, shown: source } : { kind: 'folder', path };
}

/**
 * Brings an application into `directory`, a folder that is there and empty; whoever made it removes it, also after errors. Throws what
 * {@link fetchGit} throws, `SOURCE_ARCHIVE_INVALID`, `SOURCE_UNREADABLE`, and the reason of `signal`.
 */
export async function fetchSource(
  place: FetchedPlace,
  directory: string,
  ports: { readonly runGit: RunGit; readonly signal: AbortSignal },
): Promise<FetchedSource> {
  const top = join(directory, 'source');
  mkdirSync(top);
  if (place.kind === 'git') {
    await fetchGit(place, top, ports.runGit, ports.signal);
    const git = readGitSource(top);
    return { folder: requireInside(top, place), ...(git === undefined ? {} : { git }) };
  }
  const file = place.kind === 'archive' ? place.path : join(directory, 'archive');
  if (place.kind === 'stream') await keepStream(place.bytes, file, ports.signal);
  await unpackSource(file, top, place.shown, ports.signal);
  return { folder: requireInside(top, place) };
}

/** What tspack itself reads of a stranger's files stays among them: the folder, and project.toml in it. */
function requireInside(top: string, place: FetchedPlace): string {
  const part = place.kind === 'git' ? place.folder : undefined;
  const folder = part === undefined ? top : join(top, part);
  if (!staysInside(top, folder) || !statSync(folder).isDirectory()) throw folderMissing(top, part ?? '', place.shown);
  const descriptor = join(folder, 'project.toml');
  if (lstatSync(descriptor, { throwIfNoEntry: false }) !== undefined && !staysInside(top, descriptor)) {
    throw new TspackError({
      code: 'SOURCE_UNREADABLE',
      message: `Cannot read project.toml of "${place.shown}": it is a symlink that leads out of the source, or nowhere`,
      nextStep: 'Make it a file, or name another one with --descriptor',
    });
  }
  return folder;
}

function staysInside(top: string, path: string): boolean {
  if (statSync(path, { throwIfNoEntry: false }) === undefined) return false;
  const root = realpathSync(top);
  const real = realpathSync(path);
  return real === root || real.startsWith(root + sep);
}

function folderMissing(top: string, part: string, shown: string): TspackError {
  const above = join(top, dirname(part));
  const folders =
    staysInside(top, above) && statSync(above).isDirectory() ? readdirSync(above, { withFileTypes: true }).filter((entry) => entry.isDirectory()) : [];
  const near = nearestNames(
    basename(part),
    folders.map(({ name }) => name),
  );
  return new TspackError({
    code: 'SOURCE_NOT_FOUND',
    message: `Cannot build "${shown}": the repository has no folder "${part}" there`,
    nextStep:
      near.length === 0
        ? 'Name a folder of the repository behind the colon'
        : `Did you mean ${near.map((name) => `"${join(dirname(part), name)}"`).join(' or ')}?`,
  });
}
