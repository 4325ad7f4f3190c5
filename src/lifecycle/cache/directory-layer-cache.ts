import { existsSync, lstatSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fingerprintTree } from '../../archive/index.ts';
import type { TreeFingerprint } from '../../archive/index.ts';
import { removeTree, writeFileAtomic } from '../../foundation/index.ts';
import type { EventSink } from '../../foundation/index.ts';
import { applyMergedLayer, removedPaths } from './apply-merged-layer.ts';
import { restoredLayers } from './overlay-layers-directory.ts';
import { sortedNames } from './plain-layers-directory.ts';
import { moveTree } from './move-tree.ts';
import { extractPortableLayers } from './portable-layers.ts';
import type { CacheCommitLayer, CachedLayer, KnownTar, LayerCache } from './layer-cache.ts';
import type { DiffId } from '../../oci/index.ts';
import type { LifecycleEvent } from '../events.ts';
import type { PortableLayer } from './portable-layers.ts';
import type { LayersOverlay } from './overlay-layers-directory.ts';

/**
 * Changes when the shape of the folder does; another version is an empty cache.
 *
 * ```
 * state.json         layers and fingerprints of the last good build
 * layers/<b>/<l>/    content, ready to lie under an overlay
 * dropped/<b>/<l>/   content that the build in progress does not use
 * sboms/<b>/<l>.*    SBOM files
 * commit.json        a commit that has begun: it is finished before anything else
 * ```
 */
const FORMAT = 1;

interface State {
  readonly format: number;
  readonly layers: readonly (CachedLayer & { readonly tar?: FingerprintedTar })[];
}

/** The redo log of a commit. Every step can be done twice. */
interface Commit {
  readonly format: number;
  readonly steps: readonly CommitStep[];
  /** A fingerprint is there for what this build has found unchanged and leaves alone. */
  readonly layers: readonly (CachedLayer & { readonly tar?: KnownTar & { readonly fingerprint?: string } })[];
}

type CommitStep =
  | { readonly kind: 'replace'; readonly path: string; readonly from: string }
  | { readonly kind: 'merge'; readonly path: string; readonly from: string; readonly removed: readonly string[] }
  | { readonly kind: 'remove'; readonly path: string };

export interface DirectoryLayerCache extends LayerCache {
  /** Content of the cached layers, for the lower side of an overlay or to be copied. */
  readonly overlay: Omit<LayersOverlay, 'upper'>;
  commit(layers: readonly CacheCommitLayer[]): Promise<void>;
}

/**
 * A layer cache that is folders, not tarballs: restoring moves nothing, and committing renames. The caller holds
 * the lock of `root`. A commit is written down before it starts, so that a killed one is finished by the next
 * opening; before that point the cache is exactly that of the last good build (DESIGN.md §6).
 */
export async function openDirectoryLayerCache(root: string, events: EventSink<LifecycleEvent> = () => undefined): Promise<DirectoryLayerCache> {
  const content = join(root, 'layers');
  const dropped = join(root, 'dropped');
  const sbomFolder = join(root, 'sboms');
  mkdirSync(content, { recursive: true });
  await finishCommit(root);
  for (const layer of restoredLayers(dropped)) {
    if (existsSync(join(content, layer))) removeTree(join(dropped, layer));
    else move(join(dropped, layer), join(content, layer));
  }
  const state = readState(root);
  const records = new Map(state.layers.map((layer) => [layer.path, layer]));
  // What no record names is left over from another format.
  for (const layer of restoredLayers(content)) if (!records.has(layer)) removeTree(join(content, layer));
  const layers = state.layers.filter((layer) => existsSync(join(content, layer.path)));
  const fingerprints = new Map<string, Promise<TreeFingerprint>>();
  /** Fingerprints that this build has found to be the recorded ones. */
  const compared = new Map<string, string>();

  return {
    layers,
    overlay: { lower: content, dropped },
    async sboms(path) {
      const prefix = `${path.split('/')[1]}.sbom.`;
      const folder = join(sbomFolder, dirname(path));
      const names = existsSync(folder) ? sortedNames(folder).filter((name) => name.startsWith(prefix)) : [];
      return Object.fromEntries(names.map((name) => [name.slice(prefix.length), readFileSync(join(folder, name))]));
    },
    async restore(paths) {
      for (const layer of restoredLayers(content)) if (!paths.has(layer)) move(join(content, layer), join(dropped, layer));
      // No buildpack can write here, so what is found now holds at export, and nobody waits for it.
      for (const { path, tar } of layers) if (paths.has(path) && tar !== undefined) fingerprints.set(path, inBackground(fingerprintTree(join(content, path))));
      return paths;
    },
    async knownTar(path, tree) {
      const tar = records.get(path)?.tar;
      if (tar === undefined || tree.kind !== 'unchanged') return undefined;
      const fingerprint = await (fingerprints.get(path) ?? fingerprintTree(tree.folder));
      if (fingerprint.doubtful !== undefined || fingerprint.value !== tar.fingerprint) return undefined;
      compared.set(path, fingerprint.value);
      return { diffId: tar.diffId, sizeBytes: tar.sizeBytes };
    },
    async commit(committed) {
      writeSboms(sbomFolder, committed);
      const fingerprintOf = ({ path, tree }: CacheCommitLayer) => (tree.kind === 'unchanged' ? compared.get(path) : undefined);
      const kept = new Set(committed.map((layer) => layer.path));
      const commit: Commit = {
        format: FORMAT,
        steps: [
          ...restoredLayers(content)
            .filter((path) => !kept.has(path))
            .map((path): CommitStep => ({ kind: 'remove', path })),
          ...committed.flatMap(stepFor),
        ],
        layers: committed.map((layer) => {
          const { tree: _tree, sboms: _sboms, layer: _layer, ...record } = layer;
          const fingerprint = fingerprintOf(layer);
          return record.tar === undefined || fingerprint === undefined ? record : { ...record, tar: { ...record.tar, fingerprint } };
        }),
      };
      for (const { buildpackId, layerName, tree } of committed)
        events({ kind: 'layer', action: tree.kind === 'unchanged' ? 'keeping' : 'caching', name: `${buildpackId}:${layerName}` });
      // Nothing to move and nothing to note: the two synced writes of a commit would be the slowest part of such a build.
      if (commit.steps.length === 0 && toJson(commit.layers) === toJson(state.layers) && restoredLayers(dropped).length === 0) return;
      writeFileAtomic(join(root, 'commit.json'), toJson(commit));
      await finishCommit(root);
    },
  };
}

/**
 * Makes the folder of a layer cache that is not there yet, from the tars of its layers. Answers with what is wrong with
 * one of them: the folder is to be thrown away then.
 */
export async function createDirectoryLayerCache(
  root: string,
  layers: readonly PortableLayer[],
  openTar: (tar: DiffId) => AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): Promise<string | undefined> {
  const problem = await extractPortableLayers(layers, join(root, 'layers'), openTar, signal);
  if (problem !== undefined) return problem;
  const bytes = ({ sboms }: PortableLayer) => Object.fromEntries(Object.entries(sboms).map(([ending, text]) => [ending, Buffer.from(text)]));
  writeSboms(
    join(root, 'sboms'),
    layers.map((layer) => ({ path: layer.path, sboms: bytes(layer) })),
  );
  const records = layers.map(({ tar: _tar, sboms: _sboms, ...record }) => record);
  writeFileAtomic(join(root, 'state.json'), toJson({ format: FORMAT, layers: records } satisfies State));
  return undefined;
}

function stepFor({ path, tree }: CacheCommitLayer): readonly CommitStep[] {
  if (tree.kind === 'unchanged') return [];
  if (tree.kind === 'folder') return [{ kind: 'replace', path, from: tree.folder }];
  return [{ kind: 'merge', path, from: tree.upper, removed: removedPaths(tree) }];
}

async function finishCommit(root: string): Promise<void> {
  const file = join(root, 'commit.json');
  if (!existsSync(file)) return;
  const commit = JSON.parse(readFileSync(file, 'utf8')) as Commit;
  for (const step of commit.steps) {
    const target = join(root, 'layers', step.path);
    if (step.kind === 'remove') removeTree(target);
    else if (lstatSync(step.from, { throwIfNoEntry: false }) === undefined) continue;
    else if (step.kind === 'merge') applyMergedLayer(step.from, target, step.removed);
    else {
      removeTree(target);
      move(step.from, target);
    }
  }
  removeTree(join(root, 'dropped'));
  const previous = new Map(readState(root).layers.map((layer) => [layer.path, layer]));
  const layers: State['layers'][number][] = [];
  for (const { tar, ...layer } of commit.layers) {
    const known = tar && (await fingerprinted(root, layer.path, tar, previous.get(layer.path)?.tar));
    layers.push({ ...layer, ...(known === undefined ? {} : { tar: known }) });
  }
  writeFileAtomic(join(root, 'state.json'), toJson({ format: FORMAT, layers } satisfies State));
  rmSync(file);
}

/** Who awaits it later hears of its failure; until then nobody does. */
function inBackground<Value>(promise: Promise<Value>): Promise<Value> {
  promise.catch(() => undefined);
  return promise;
}

type FingerprintedTar = KnownTar & { readonly fingerprint: string };

/** A doubtful fingerprint is not kept: the next build reads the layer once more, and then knows. */
async function fingerprinted(
  root: string,
  path: string,
  tar: NonNullable<Commit['layers'][number]['tar']>,
  known: FingerprintedTar | undefined,
): Promise<FingerprintedTar | undefined> {
  if (tar.fingerprint !== undefined) return { ...tar, fingerprint: tar.fingerprint };
  const fingerprint = await fingerprintTree(join(root, 'layers', path));
  if (known?.diffId === tar.diffId && known.fingerprint === fingerprint.value) return known;
  return fingerprint.doubtful === undefined ? { ...tar, fingerprint: fingerprint.value } : undefined;
}

function readState(root: string): State {
  const file = join(root, 'state.json');
  if (!existsSync(file)) return { format: FORMAT, layers: [] };
  const state = JSON.parse(readFileSync(file, 'utf8')) as State;
  return state.format === FORMAT ? state : { format: FORMAT, layers: [] };
}

/** Files that hold the same bytes already are left alone: each write is synced. */
function writeSboms(folder: string, layers: readonly Pick<CacheCommitLayer, 'path' | 'sboms'>[]): void {
  const wanted = new Map<string, Uint8Array>(
    layers.flatMap(({ path, sboms }) => Object.entries(sboms).map(([ending, bytes]) => [`${path}.sbom.${ending}`, bytes] as const)),
  );
  for (const file of restoredLayers(folder)) if (!wanted.has(file)) removeTree(join(folder, file));
  for (const [file, bytes] of wanted) {
    const path = join(folder, file);
    if (!existsSync(path) || !readFileSync(path).equals(bytes)) writeFileAtomic(path, bytes);
  }
}

function move(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  moveTree(from, to);
}

/** Metadata may hold integers that no JSON reader keeps; the reference restores all numbers as floats too. */
function toJson(value: unknown): string {
  return JSON.stringify(value, (_key, member: unknown) => (typeof member === 'bigint' ? Number(member) : member));
}
