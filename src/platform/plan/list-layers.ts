import { escapeBuildpackId } from '../../cnb/index.ts';
import type { SpecTable } from '../../cnb/index.ts';
import type { Analysis, LayerCache, LayersDirectory } from '../../lifecycle/index.ts';
import type { KnownLayer } from './api.ts';

/** The layers of a buildpack, by name, that the previous image and the cache know of; `layers` is what was restored of them. */
export function listLayers(id: string, { metadata }: Analysis, cache: LayerCache, layers: LayersDirectory): ReadonlyMap<string, KnownLayer> {
  const where = (name: string) => whereFiles(`${escapeBuildpackId(id)}/${name}`, cache, layers);
  const known = new Map<string, KnownLayer>();
  for (const { buildpackId, layerName, launch, build, data } of cache.layers) {
    if (buildpackId === id) known.set(layerName, { types: { launch, build, cache: true }, files: where(layerName), inputs: readInputs(data) });
  }
  const exported = metadata.buildpacks.find(({ key }) => key === id)?.layers ?? {};
  for (const [name, { launch, build, cache: cached, data }] of Object.entries(exported)) {
    known.set(name, { types: { launch, build, cache: cached }, files: where(name), inputs: readInputs(data) });
  }
  return known;
}

/** As restore has left them: a description without files is of a layer that only the image has. */
function whereFiles(path: string, cache: LayerCache, layers: LayersDirectory): KnownLayer['files'] {
  if (layers.kind(`${path}.toml`) === undefined) return 'lost';
  return cache.layers.some((layer) => layer.path === path) ? 'cache' : 'image';
}

/** As the SDK writes them. A foreign buildpack may keep anything in its metadata. */
function readInputs(data: SpecTable | undefined): Readonly<Record<string, string>> {
  const inputs = data?.['inputs'];
  if (typeof inputs !== 'object' || inputs === null || Array.isArray(inputs)) return {};
  return Object.fromEntries(Object.entries(inputs).filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}
