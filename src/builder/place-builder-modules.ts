import type { ModuleLayersLabel } from '../cnb/index.ts';
import { escapeBuildpackId } from '../cnb/index.ts';
import type { DiffId, Layer, LayerWriter } from '../oci/index.ts';
import { openModuleLayers } from './module-layer.ts';
import { byName, moduleName } from './packaged-module.ts';
import type { PackagedModule } from './packaged-module.ts';

/** Layers of modules in a builder by the module; those that the build image has already are not among them. */
export interface PlacedInBuilder {
  readonly places: ReadonlyMap<PackagedModule, Layer>;
  /** To be put below them: they hide what the build image has under the same name with other content. */
  readonly whiteouts: readonly Layer[];
}

/**
 * A layer for each module in byte order of the names, after one for each group that is flattened; composite packages in
 * one layer are taken apart. Of modules with one name the last counts, and a warning says so.
 */
export async function placeBuilderModules(options: {
  readonly modules: readonly PackagedModule[];
  readonly flatten: readonly (readonly string[])[];
  /** What the build image has. */
  readonly existing: ModuleLayersLabel;
  readonly layerWriter: LayerWriter;
  readonly workDirectory: string;
  readonly warn: (message: string) => void;
}): Promise<PlacedInBuilder> {
  const { modules, flatten, existing, layerWriter, workDirectory } = options;
  using layers = openModuleLayers(modules, layerWriter, workDirectory);
  const layerOf = new Map<string, Layer>();
  const places = new Map<string, { readonly module: PackagedModule; readonly layer: Layer }>();
  for (const names of flatten) {
    const group = uniqueByName(modules.filter((module) => names.includes(moduleName(module))));
    if (group.length === 0) continue;
    const layer = await layers.flattened(group);
    for (const module of group) layerOf.set(moduleName(module), layer);
  }
  for (const module of modules) {
    const name = moduleName(module);
    const layer = layerOf.get(name) ?? (await layers.single(module));
    const before = places.get(name);
    if (before !== undefined && before.layer.diffId !== layer.diffId) {
      options.warn(`${module.summary.kind} "${name}" comes twice with different contents: the later one is used`);
    }
    // The first has the whole descriptor, where a package has only what its label says.
    places.set(name, before !== undefined && before.layer.diffId === layer.diffId ? before : { module, layer });
  }
  const wanted = [...places.values()].sort((a, b) => rank(a.layer, layerOf) - rank(b.layer, layerOf) || byName(a.module, b.module));
  const whiteouts: Layer[] = [];
  const result = new Map<PackagedModule, Layer>();
  for (const { module, layer } of wanted) {
    const there = existing[module.summary.info.id]?.[module.summary.info.version]?.layerDiffID as DiffId | undefined;
    if (there === layer.diffId) continue;
    if (there !== undefined) {
      options.warn(`${module.summary.kind} "${moduleName(module)}" is on the build image already with other contents, and will be overwritten`);
      whiteouts.push(await writeWhiteout(module, layerWriter));
    }
    result.set(module, layer);
  }
  return { places: result, whiteouts };
}

const rank = (layer: Layer, flattened: ReadonlyMap<string, Layer>): number => ([...flattened.values()].some(({ diffId }) => diffId === layer.diffId) ? 0 : 1);

function uniqueByName(modules: readonly PackagedModule[]): readonly PackagedModule[] {
  return [...new Map(modules.map((module) => [moduleName(module), module])).values()];
}

function writeWhiteout({ summary: { kind, info } }: PackagedModule, layerWriter: LayerWriter): Promise<Layer> {
  const path = `/cnb/${kind}s/${escapeBuildpackId(info.id)}/.wh.${info.version}`;
  return layerWriter.write({ parts: [{ kind: 'entries', entries: [{ path, type: 'file', mode: 0o644, uid: 0, gid: 0 }] }] });
}
