import { readFileSync } from 'node:fs';
import { writeTar } from '../../archive/index.ts';
import { changesBetween } from './root-changes.ts';
import type { TarSourceEntry } from '../../archive/index.ts';
import type { RootListing } from './root-listing.ts';

const ACCOUNTS: readonly string[] = ['etc/passwd', 'etc/group'];

/** A listed root as a tar in which files are empty, but for those that say who its users are. */
export function outlineOf(root: string, listing: RootListing): AsyncIterable<Uint8Array> {
  return writeTar(entriesOf(root, listing));
}

function* entriesOf(root: string, listing: RootListing): Generator<TarSourceEntry> {
  for (const { path: bytes, type, mode, uid, gid, linkTarget, source } of changesBetween(root, new Map(), listing)) {
    const path = Buffer.from(bytes).toString();
    const common = { path, mode, uid, gid };
    if (type === 'directory') yield { ...common, type };
    else if (type === 'symlink') yield { ...common, type, linkTarget: Buffer.from(linkTarget ?? []).toString() };
    else if (ACCOUNTS.includes(path) && source !== undefined) yield { ...common, type: 'file', content: readFileSync(Buffer.from(source as Uint8Array)) };
    else yield { ...common, type: 'file' };
  }
}
