import { randomBytes } from 'node:crypto';
import { chmodSync, lchownSync, lstatSync, mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { TspackError, runProcess } from '../../foundation/index.ts';
import type { TarEntry } from '../../archive/index.ts';

/** Puts one entry of a layer into a root, over whatever is there, with its owner and mode. Never through a symlink. */
export async function placeEntry(root: string, entry: TarEntry, mkfifo: string): Promise<void> {
  const path = partsOf(entry.pathBytes);
  if (path.length === 0) return;
  makeParents(root, path);
  const target = inRoot(root, path);
  const isFolder = lstatSync(target, { throwIfNoEntry: false })?.isDirectory() === true;
  if (isFolder && entry.type !== 'directory') rmSync(target, { recursive: true });
  if (entry.type === 'directory') {
    if (!isFolder) {
      rmSync(target, { force: true });
      mkdirSync(target);
    }
  } else {
    // Programs that run keep their old file.
    const temporary = Buffer.concat([target, Buffer.from(`.${randomBytes(6).toString('hex')}`)]);
    await make(temporary, entry, mkfifo);
    renameSync(temporary, target);
  }
  lchownSync(target, entry.uid, entry.gid);
  // After the owner: changing that takes setuid bits away.
  if (entry.type !== 'symlink') chmodSync(target, entry.mode);
}

async function make(path: Buffer, entry: TarEntry, mkfifo: string): Promise<void> {
  if (entry.type === 'symlink') return symlinkSync(Buffer.from(entry.linkTargetBytes ?? []), path);
  if (entry.type === 'fifo') {
    const { exitCode, stderr } = await runProcess([mkfifo, '--', path.toString()], { env: {} });
    if (exitCode !== 0) throw unable(entry, stderr.trim());
    return;
  }
  if (entry.type !== 'file') throw unable(entry, `it is a ${entry.type}`);
  const file = await open(path, 'wx', 0o600);
  try {
    for await (const chunk of entry.content) await file.writeFile(chunk);
  } finally {
    await file.close();
  }
}

/** Removes what a layer has removed; nothing there is fine. */
export function removeEntry(root: string, path: Uint8Array): void {
  const parts = partsOf(path);
  if (parts.length > 0 && hasRealParents(root, parts)) rmSync(inRoot(root, parts), { recursive: true, force: true });
}

function partsOf(path: Uint8Array): readonly string[] {
  const parts = Buffer.from(path)
    .toString('latin1')
    .split('/')
    .filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) throw new TspackError({ code: 'ARCHIVE_UNSAFE', message: `Cannot apply a layer: "${Buffer.from(path).toString()}" leads outside` });
  return parts;
}

function inRoot(root: string, parts: readonly string[]): Buffer {
  return Buffer.concat([Buffer.from(root === '/' ? '/' : `${root}/`), Buffer.from(parts.join('/'), 'latin1')]);
}

function foldersAbove(root: string, parts: readonly string[]): readonly Buffer[] {
  return parts.slice(0, -1).map((_, index) => inRoot(root, parts.slice(0, index + 1)));
}

function hasRealParents(root: string, parts: readonly string[]): boolean {
  return foldersAbove(root, parts).every((folder) => lstatSync(folder, { throwIfNoEntry: false })?.isDirectory() === true);
}

function makeParents(root: string, parts: readonly string[]): void {
  for (const folder of foldersAbove(root, parts)) {
    const stats = lstatSync(folder, { throwIfNoEntry: false });
    if (stats === undefined) mkdirSync(folder, { mode: 0o755 });
    else if (!stats.isDirectory()) {
      throw new TspackError({ code: 'ARCHIVE_UNSAFE', message: `Cannot apply a layer: "${folder.toString()}" is not a folder any more` });
    }
  }
}

function unable({ path }: TarEntry, why: string): TspackError {
  return new TspackError({ code: 'INLINE_UNABLE', message: `Cannot make "${path}" again: ${why}`, nextStep: 'Use --executor sandbox' });
}
