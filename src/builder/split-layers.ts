import type { LayerTarEntry } from '../archive/index.ts';
import type { ImageUser, LayerSplit } from './builder-file.ts';
import { rootDirectory, sortedEntries } from './root-tree.ts';
import type { RootEntry, RootTree } from './root-tree.ts';

/** A layer of a base image, as it is written. */
export interface NamedLayer {
  readonly name: string;
  readonly entries: readonly LayerTarEntry[];
}

/** The name of the layer that takes what no other one names. */
const REST = 'rest';

/**
 * Distributes the files of a tree over layers by package. Each layer holds the directories above its files, so that
 * it is the same whatever lies below it; directories without files go into the last one.
 */
export function splitLayers(tree: RootTree, splits: readonly LayerSplit[], user: ImageUser): readonly NamedLayer[] {
  const layerOfPackage = new Map(splits.flatMap(({ name, packages }) => packages.map((package_) => [package_, name] as const)));
  const layers = new Map<string, Map<string, RootEntry>>([...splits.map(({ name }) => name), REST].map((name) => [name, new Map()]));
  const filled = new Set<string>();
  for (const entry of tree.values()) {
    if (entry.type === 'directory') continue;
    const layer = layers.get((entry.package === undefined ? undefined : layerOfPackage.get(entry.package)) ?? REST)!;
    layer.set(entry.path, entry);
    for (const parent of parentsOf(entry.path)) {
      if (!layer.has(parent)) layer.set(parent, tree.get(parent) ?? rootDirectory(parent));
      filled.add(parent);
    }
  }
  const rest = layers.get(REST)!;
  for (const entry of tree.values()) {
    if (entry.type !== 'directory' || filled.has(entry.path)) continue;
    rest.set(entry.path, entry);
    for (const parent of parentsOf(entry.path)) if (!rest.has(parent)) rest.set(parent, tree.get(parent) ?? rootDirectory(parent));
  }
  return [...layers]
    .filter(([, entries]) => entries.size > 0)
    .map(([name, entries]) => ({ name, entries: sortedEntries(entries.values()).map((entry) => toLayerEntry(entry, user)) }));
}

/** An entry as a layer holds it, its owner as numbers. */
export function toLayerEntry(entry: RootEntry, user: ImageUser): LayerTarEntry {
  const { path, type, mode, linkTarget, source, content } = entry;
  return {
    path,
    type,
    mode,
    uid: entry.owner === 'user' ? user.uid : 0,
    gid: entry.owner === 'user' ? user.gid : 0,
    ...(linkTarget === undefined ? {} : { linkTarget }),
    ...(source === undefined ? {} : { source }),
    ...(content === undefined ? {} : { content }),
  };
}

function parentsOf(path: string): readonly string[] {
  const parents: string[] = [];
  for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) parents.push(path.slice(0, end));
  return parents;
}
