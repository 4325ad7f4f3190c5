import { join } from 'node:path';
import { buildpackIdProblem, escapeBuildpackId, layerNameProblem } from '../../cnb/index.ts';
import { writeLayerTar } from '../../archive/index.ts';
import { isDigest } from '../../foundation/index.ts';
import { treeLayer } from '../export/layer-specs.ts';
import { restoreTars } from './restore-tars.ts';
import type { SpecTable } from '../../cnb/index.ts';
import type { DiffId } from '../../oci/index.ts';
import type { CachedLayer, LayerCache } from './layer-cache.ts';

/** A cached layer of which any machine can make a cached layer again: nothing in it depends on paths, times or users. */
export interface PortableLayer extends CachedLayer {
  /** Digest of its tar, in which files lie below `/layers` and belong to root. */
  readonly tar: DiffId;
  /** SBOM files by their ending, as text. */
  readonly sboms: Readonly<Record<string, string>>;
}

const LAYERS_PATH = '/layers';

/** Writes the tar of a cached layer into a file; `content`: the folder with the content of all of them. */
export async function writePortableLayer(
  cache: Pick<LayerCache, 'sboms'>,
  content: string,
  layer: CachedLayer,
  file: string,
): Promise<{ readonly layer: PortableLayer; readonly sizeBytes: number }> {
  const { path, buildpackId, layerName, diffId, launch, build, data } = layer;
  const tree = { kind: 'unchanged', folder: join(content, path) } as const;
  const tar = await writeLayerTar(treeLayer(tree, `${LAYERS_PATH}/${path}`, { uid: 0, gid: 0 }), file);
  const sboms = Object.entries(await cache.sboms(path)).map(([ending, bytes]) => [ending, Buffer.from(bytes).toString('utf8')] as const);
  const optional = { ...(diffId === undefined ? {} : { diffId }), ...(data === undefined ? {} : { data }) };
  const portable = { path, buildpackId, layerName, launch, build, ...optional, tar: tar.diffId, sboms: Object.fromEntries(sboms) };
  return { layer: portable, sizeBytes: tar.sizeBytes };
}

/**
 * Extracts the tars into a folder, as the content of a layer cache. Answers with what is wrong with one of them; undefined:
 * all are there.
 */
export async function extractPortableLayers(
  layers: readonly PortableLayer[],
  directory: string,
  openTar: (tar: DiffId) => AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): Promise<string | undefined> {
  const problems: string[] = [];
  const restored = await restoreTars(layers, {
    layersDirectory: directory,
    layersPath: LAYERS_PATH,
    openTar: ({ tar }) => openTar(tar),
    events: (event) => {
      if (event.kind === 'message') problems.push(event.message);
    },
    signal,
  });
  return restored.size === layers.length ? undefined : (problems[0] ?? 'a layer is named twice');
}

/** Layers as they stand in a file; undefined: it does not describe any. Names become paths, and nothing of it is trusted. */
export function parsePortableLayer(value: unknown): PortableLayer | undefined {
  if (!isTable(value)) return undefined;
  const { buildpackId, layerName, diffId, launch, build, data, tar, sboms } = value;
  if (typeof buildpackId !== 'string' || buildpackIdProblem(buildpackId) !== undefined) return undefined;
  if (typeof layerName !== 'string' || layerNameProblem(layerName) !== undefined) return undefined;
  if (typeof launch !== 'boolean' || typeof build !== 'boolean' || !isDigestText(tar) || !(diffId === undefined || isDigestText(diffId))) return undefined;
  if (!(data === undefined || isTable(data)) || !isTable(sboms)) return undefined;
  const files = Object.entries(sboms).filter((file): file is [string, string] => /^[a-z.]{1,20}$/.test(file[0]) && typeof file[1] === 'string');
  const optional = { ...(diffId === undefined ? {} : { diffId }), ...(data === undefined ? {} : { data: data as SpecTable }) };
  const path = `${escapeBuildpackId(buildpackId)}/${layerName}`;
  return { path, buildpackId, layerName, launch, build, ...optional, tar, sboms: Object.fromEntries(files) };
}

function isDigestText(value: unknown): value is DiffId {
  return typeof value === 'string' && isDigest(value);
}

function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
