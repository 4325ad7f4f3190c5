import { chmodSync, linkSync, lstatSync, mkdirSync, readdirSync, readlinkSync, symlinkSync } from 'node:fs';
import type { Stats } from 'node:fs';

const WHITEOUT = '.wh.';
const OPAQUE = '.wh..wh..opq';

/**
 * Makes one root file system of the folders that layers were extracted into, by hard links: it costs no space and
 * must never be written to. Whiteouts and opaque markers of OCI image-spec `layer.md#whiteouts` are obeyed.
 *
 * @param layers Base first. @param target Missing or empty folder on the file system of `layers`.
 */
export function mergeLayers(layers: readonly string[], target: string): void {
  mkdirSync(target, { recursive: true });
  merge(
    [...layers].reverse().map((path) => Buffer.from(path)),
    Buffer.from(target),
  );
}

interface Named {
  readonly name: Buffer;
  /** The topmost entry. */
  readonly stats: Stats;
  /** Where it lies; for a folder, in every layer that adds to it, topmost first. */
  readonly places: Buffer[];
  /** Nothing of lower layers is seen behind it. */
  closed: boolean;
}

/** File names are bytes and stay so: those that are not UTF-8 would not survive as text. */
function merge(folders: readonly Buffer[], target: Buffer): void {
  const entries = new Map<string, Named>();
  const removed = new Set<string>();
  for (const folder of folders) {
    const names = readdirSync(folder, { encoding: 'buffer' });
    const keys = names.map((name) => name.toString('latin1'));
    names.forEach((name, index) => {
      const key = keys[index] ?? '';
      if (!key.startsWith(WHITEOUT) && !removed.has(key)) addEntry(entries, key, name, join(folder, name));
    });
    if (keys.includes(OPAQUE)) break;
    // A whiteout hides what lies below its own layer only.
    for (const key of keys) if (key.startsWith(WHITEOUT)) removed.add(key.slice(WHITEOUT.length));
  }
  for (const entry of entries.values()) place(entry, join(target, entry.name));
}

function addEntry(entries: Map<string, Named>, key: string, name: Buffer, path: Buffer): void {
  const stats = lstatSync(path);
  const above = entries.get(key);
  if (above === undefined) entries.set(key, { name, stats, places: [path], closed: !stats.isDirectory() });
  else if (!above.closed && stats.isDirectory()) above.places.push(path);
  else above.closed = true;
}

function place({ stats, places }: Named, target: Buffer): void {
  const [first] = places;
  if (first === undefined) return;
  if (stats.isDirectory()) {
    mkdirSync(target, { mode: 0o700 });
    merge(places, target);
    chmodSync(target, stats.mode & 0o7777);
  } else if (stats.isSymbolicLink()) {
    symlinkSync(readlinkSync(first, { encoding: 'buffer' }), target);
  } else if (stats.isFile()) {
    linkSync(first, target);
  }
}

function join(folder: Buffer, name: Buffer): Buffer {
  return Buffer.concat([folder, Buffer.from('/'), name]);
}
