import { escapeBuildpackId } from '../../cnb/index.ts';
import type { Group, SpecTable } from '../../cnb/index.ts';
import type { Analysis, LayerCache, LayersDirectory } from '../../lifecycle/index.ts';
import type { PlannedLayer } from './api.ts';

/** What the previous image and the cache know of layers of the group; `layers` is what was restored of them. */
export function listLayers({ group }: Group, { metadata }: Analysis, cache: LayerCache, layers: LayersDirectory): readonly PlannedLayer[] {
  return group.flatMap(({ id }) => {
    const folder = escapeBuildpackId(id);
    const known = new Map<string, Pick<PlannedLayer, 'launch' | 'build' | 'cache' | 'inputs'>>();
    for (const { buildpackId, layerName, launch, build, data } of cache.layers) {
      if (buildpackId === id) known.set(layerName, { launch, build, cache: true, inputs: readInputs(data) });
    }
    const exported = metadata.buildpacks.find(({ key }) => key === id)?.layers ?? {};
    for (const [name, { launch, build, cache: cached, data }] of Object.entries(exported)) {
      known.set(name, { launch, build, cache: cached, inputs: readInputs(data) });
    }
    return [...known].map(([name, layer]) => ({ buildpack: id, name, ...layer, files: whereFiles(`${folder}/${name}`, cache, layers) }));
  });
}

/** As restore has left them: a description without files is of a layer that only the image has. */
function whereFiles(path: string, cache: LayerCache, layers: LayersDirectory): PlannedLayer['files'] {
  if (layers.kind(`${path}.toml`) === undefined) return 'lost';
  return cache.layers.some((layer) => layer.path === path) ? 'cache' : 'image';
}

/** As the SDK writes them. A foreign buildpack may keep anything in its metadata. */
function readInputs(data: SpecTable | undefined): Readonly<Record<string, string>> {
  const inputs = data?.['inputs'];
  if (typeof inputs !== 'object' || inputs === null || Array.isArray(inputs)) return {};
  return Object.fromEntries(Object.entries(inputs).filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}
