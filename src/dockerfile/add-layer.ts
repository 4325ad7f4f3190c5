import { createReadStream, rmSync } from 'node:fs';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { writeLayerTar } from '../archive/index.ts';
import type { LayerTarEntry, LayerTarSpec } from '../archive/index.ts';
import type { LayerTarSource } from '../executor/index.ts';
import type { HistoryEntry, Layer } from '../oci/index.ts';
import type { CachedLayer, InstructionCache } from './instruction-cache.ts';
import type { Instruction } from './instruction.ts';
import type { DockerfilePorts, StageImage } from './ports.ts';
import { indexChanges } from './root-index.ts';
import type { IndexChanges } from './root-index.ts';

/** The history's entry for an instruction without a layer. */
export function withHistory(image: StageImage, { source }: Pick<Instruction, 'source'>): StageImage {
  return { ...image, history: [...image.history, { created_by: source, empty_layer: true }] };
}

/** The layer that a step has made before, with its tar where tars are wanted; undefined when it must be made. */
export function findLayer(cache: InstructionCache, key: string, ports: DockerfilePorts): (CachedLayer & { readonly layer?: Layer }) | undefined {
  const found = cache.find(key);
  if (found === undefined || found.folder === undefined || ports.layerWriter === undefined) return found;
  const layer = found.tar === undefined ? undefined : ports.storedLayer?.(found.tar.diffId, found.tar.sizeBytes);
  return layer && { ...found, layer };
}

/** The image with a layer on it; one that changed nothing leaves only its line in the history. */
export function withLayer(image: StageImage, made: CachedLayer & { readonly layer?: Layer }, key: string, { source }: Pick<Instruction, 'source'>): StageImage {
  const { folder, changes, layer } = made;
  if (folder === undefined) return { ...withHistory(image, { source }), key };
  const history: HistoryEntry = { created_by: source };
  const openTar: LayerTarSource | undefined = layer && (() => layer.openTar());
  return {
    ...image,
    key,
    lowers: [folder, ...image.lowers],
    index: image.index.with(changes),
    added: [...image.added, { ...(layer === undefined ? {} : { layer }), createdBy: source }],
    tars: image.tars === undefined || openTar === undefined ? undefined : [...image.tars, openTar],
    history: [...image.history, history],
  };
}

/** Makes a layer of entries alone and unpacks it into a folder of its own. */
export async function makeLayer(
  entries: readonly LayerTarEntry[],
  key: string,
  cache: InstructionCache,
  ports: DockerfilePorts,
  signal: AbortSignal | undefined,
): Promise<CachedLayer & { readonly layer?: Layer }> {
  if (entries.length === 0) return await cache.keep(key, { folder: undefined, changes: { paths: {}, accounts: {} } });
  const spec: LayerTarSpec = { parts: [{ kind: 'entries', entries }] };
  const folder = cache.pendingFolder();
  const unpack = (layers: readonly LayerTarSource[]) => ports.workshop.unpack({ directory: folder, layers, ...(signal === undefined ? {} : { signal }) });
  try {
    if (ports.layerWriter !== undefined) {
      const layer = await ports.layerWriter.write(spec);
      await unpack([() => layer.openTar()]);
      const tar = { diffId: layer.diffId, sizeBytes: layer.tarSizeBytes ?? 0 };
      return { ...(await cache.keep(key, { folder, changes: entryChanges(entries), tar })), layer };
    }
    const file = join(ports.workDirectory, `${randomBytes(6).toString('hex')}.tar`);
    try {
      await writeLayerTar(spec, file);
      await unpack([() => createReadStream(file, { highWaterMark: 1024 * 1024 }) as AsyncIterable<Uint8Array>]);
    } finally {
      rmSync(file, { force: true });
    }
    return await cache.keep(key, { folder, changes: entryChanges(entries) });
  } catch (error) {
    await ports.workshop.remove(folder);
    throw error;
  }
}

/** What a layer of plain entries does to a root. */
function entryChanges(entries: readonly LayerTarEntry[]): IndexChanges {
  return indexChanges(
    entries.map(({ path, linkTarget, source, ...entry }) => ({
      ...entry,
      change: 'added' as const,
      path: Buffer.from(path as string).subarray(1),
      ...(linkTarget === undefined ? {} : { linkTarget: Buffer.from(linkTarget as string) }),
      ...(source === undefined ? {} : { source: source as Uint8Array }),
    })),
  );
}
