import { randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { readTar, writeLayerTar } from '../../archive/index.ts';
import { placeEntry, removeEntry } from './place-entry.ts';
import type { LayerTarEntry } from '../../archive/index.ts';
import type { LayerTarSource, RootChange } from '../index.ts';

/** Of layer folders: `id` tells them apart wherever they are moved, `removed` lists paths in `latin1`, `<n>.tar` holds the rest. */
const [ID, REMOVED] = ['id', 'removed.json'];

/** Makes a folder for a layer that is yet to come. */
export function makeLayerFolder(directory: string): string {
  mkdirSync(directory);
  const id = randomUUID();
  writeFileSync(join(directory, ID), id);
  return id;
}

export function layerId(directory: string): string {
  return readFileSync(join(directory, ID), 'utf8');
}

/** Keeps layer tars as they come, in a folder that appears complete. */
export async function storeTars(directory: string, layers: readonly LayerTarSource[], signal: AbortSignal | undefined): Promise<void> {
  const temporary = `${directory}.${randomUUID()}.tmp`;
  try {
    makeLayerFolder(temporary);
    for (const [index, open] of layers.entries()) {
      const file = createWriteStream(join(temporary, `${index}.tar`));
      await pipeline(Readable.from(open()), file, signal === undefined ? {} : { signal });
    }
    renameSync(temporary, directory);
  } catch (error) {
    rmSync(temporary, { recursive: true, force: true });
    throw error;
  }
}

/** Keeps changes, so that they can be made again in another root. */
export async function storeChanges(directory: string, changes: readonly RootChange[]): Promise<void> {
  const removed = changes.filter(({ change }) => change === 'removed').map(({ path }) => Buffer.from(path).toString('latin1'));
  writeFileSync(join(directory, REMOVED), JSON.stringify(removed));
  await writeLayerTar({ parts: [{ kind: 'entries', entries: changes.flatMap(entryOf) }] }, join(directory, '0.tar'));
}

function entryOf({ path, change, type, mode, uid, gid, linkTarget, source }: RootChange): readonly LayerTarEntry[] {
  // Whoever puts the layer into an image refuses devices by name.
  if (change === 'removed' || type === 'device' || type === 'none') return [];
  const optional = { ...(linkTarget === undefined ? {} : { linkTarget }), ...(source === undefined ? {} : { source }) };
  return [{ path: Buffer.concat([Buffer.from('/'), path]), type, mode, uid, gid, ...optional }];
}

/** Makes the changes of a layer folder in a root. */
export async function applyLayerFolder(directory: string, root: string, mkfifo: string, signal: AbortSignal | undefined): Promise<void> {
  const names = readdirSync(directory);
  const removed = names.includes(REMOVED) ? (JSON.parse(readFileSync(join(directory, REMOVED), 'utf8')) as readonly string[]) : [];
  for (const path of removed) removeEntry(root, Buffer.from(path, 'latin1'));
  for (const name of names.filter((each) => each.endsWith('.tar')).sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10))) {
    const tar = createReadStream(join(directory, name), { highWaterMark: 1024 * 1024 }) as AsyncIterable<Uint8Array>;
    for await (const entry of readTar(tar)) {
      signal?.throwIfAborted();
      await placeEntry(root, entry, mkfifo);
    }
  }
}
