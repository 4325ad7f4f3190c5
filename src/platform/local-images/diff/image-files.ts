import { posix } from 'node:path';
import type { FileFacts, LayerFiles } from './read-layer.ts';

const WHITEOUT = '.wh.';
const OPAQUE = '.wh..wh..opq';

/** The files that an image shows: its layers one upon the other (OCI image-spec `layer.md#whiteouts`). @param layers Base first. */
export function mergeFiles(layers: readonly LayerFiles[]): ReadonlyMap<string, FileFacts> {
  const merged = new Map<string, FileFacts>();
  for (const { files } of layers) {
    for (const path of files.keys()) hideBelow(merged, path);
    for (const [path, facts] of files) {
      if (posix.basename(path).startsWith(WHITEOUT)) continue;
      // What a folder was replaced by hides all that was in it.
      if (facts.type !== 'directory' && merged.get(path)?.type === 'directory') removeTree(merged, path, true);
      merged.set(path, facts);
    }
  }
  return merged;
}

function hideBelow(merged: Map<string, FileFacts>, path: string): void {
  const name = posix.basename(path);
  if (!name.startsWith(WHITEOUT)) return;
  const folder = posix.dirname(path);
  if (name === OPAQUE) removeTree(merged, folder, false);
  else removeTree(merged, posix.join(folder, name.slice(WHITEOUT.length)), true);
}

function removeTree(merged: Map<string, FileFacts>, path: string, itself: boolean): void {
  const prefix = path === '.' ? '' : `${path}/`;
  for (const key of merged.keys()) if ((itself && key === path) || key.startsWith(prefix)) merged.delete(key);
}
