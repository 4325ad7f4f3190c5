import { readTar } from '../../archive/index.ts';
import type { LayerTarEntry, LayerTarSpec } from '../../archive/index.ts';
import { TspackError } from '../../foundation/index.ts';
import type { EventSink } from '../../foundation/index.ts';
import { collectBytes } from '../../oci/index.ts';
import type { LifecycleEvent } from '../events.ts';
import { folders, parents } from '../export/layer-specs.ts';
import type { LayerOwner } from '../export/layer-specs.ts';
import type { CacheCommitLayer } from './layer-cache.ts';

const MAXIMUM_SBOM_BYTES = 64 * 1024 * 1024;

/** `/layers/sbom/cache/<buildpack>/<layer>/sbom.<ending>` */
const CACHED_SBOM = /(?:^|\/)sbom\/cache\/([^/]+)\/([^/]+)\/sbom\.([^/]+)$/;

/** SBOM files of cached layers: `<buildpack>/<layer>` to ending to bytes. */
export type CachedSboms = ReadonlyMap<string, Readonly<Record<string, Uint8Array>>>;

/** The SBOM layer of a cache (CNB.md C155); undefined when no cached layer has SBOM files. */
export function sbomLayerSpec(layers: readonly CacheCommitLayer[], layersPath: string, owner: LayerOwner): LayerTarSpec | undefined {
  const root = `${layersPath}/sbom/cache`;
  const described = layers.filter(({ sboms }) => Object.keys(sboms).length > 0);
  if (described.length === 0) return undefined;
  const byBuildpack = new Map<string, CacheCommitLayer[]>();
  for (const layer of inByteOrder(described, ({ path }) => path)) {
    const [buildpack = ''] = layer.path.split('/');
    byBuildpack.set(buildpack, [...(byBuildpack.get(buildpack) ?? []), layer]);
  }
  const entries = inByteOrder([...byBuildpack], ([buildpack]) => buildpack).flatMap(([buildpack, ofBuildpack]): readonly LayerTarEntry[] => [
    ...folders([`${root}/${buildpack}`], owner),
    ...ofBuildpack.flatMap(({ path, sboms }) => [
      ...folders([`${root}/${path}`], owner),
      ...inByteOrder(Object.entries(sboms), ([ending]) => ending).map(([ending, content]): LayerTarEntry => ({
        path: `${root}/${path}/sbom.${ending}`,
        type: 'file',
        mode: 0o644,
        content,
        ...owner,
      })),
    ]),
  ]);
  return { parts: [{ kind: 'entries', entries: [...folders([...parents(root), root], owner), ...entries] }] };
}

/** Reads the SBOM layer of a cache. What cannot be read is left out with a warning: a buildpack can write it again. */
export async function readCachedSboms(tar: AsyncIterable<Uint8Array>, events: EventSink<LifecycleEvent>): Promise<CachedSboms> {
  const sboms = new Map<string, Record<string, Uint8Array>>();
  try {
    await readInto(sboms, tar);
    return sboms;
  } catch (error) {
    if (!(error instanceof TspackError)) throw error;
    events({ kind: 'message', level: 'warning', message: `Skipping the SBOM files of the cache: ${error.message}` });
    return new Map();
  }
}

async function readInto(sboms: Map<string, Record<string, Uint8Array>>, tar: AsyncIterable<Uint8Array>, nested = false): Promise<void> {
  for await (const entry of readTar(tar)) {
    if (entry.type !== 'file') continue;
    // lifecycle 0.21 makes the layer of the layer's tar file, not of what is in it.
    if (!nested && entry.path.endsWith(':cache.sbom.tar')) await readInto(sboms, entry.content, true);
    const [, buildpack, layer, ending] = CACHED_SBOM.exec(entry.path) ?? [];
    if (ending === undefined) continue;
    const path = `${buildpack}/${layer}`;
    sboms.set(path, { ...sboms.get(path), [ending]: await collectBytes(entry.content, MAXIMUM_SBOM_BYTES, `the SBOM file ${JSON.stringify(entry.path)}`) });
  }
}

function inByteOrder<Value>(values: readonly Value[], name: (value: Value) => string): readonly Value[] {
  return [...values].sort((a, b) => Buffer.compare(Buffer.from(name(a)), Buffer.from(name(b))));
}
