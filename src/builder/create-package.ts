import { TspackError } from '../foundation/index.ts';
import { LABELS, formatBuildpackageMetadataLabel, formatModuleLayersLabel } from '../cnb/index.ts';
import type { ModuleLayer, ModuleLayersLabel, ModuleSummary, SupportedTarget } from '../cnb/index.ts';
import { createImage } from '../oci/index.ts';
import type { DiffId, Image, Layer, LayerWriter } from '../oci/index.ts';
import { BASE_IMAGE_CREATED } from './base-labels.ts';
import { commonStacks } from './merge-stacks.ts';
import { openModuleLayers } from './module-layer.ts';
import type { ModuleLayers } from './module-layer.ts';
import { byName, moduleName } from './packaged-module.ts';
import type { PackagedModule } from './packaged-module.ts';

export interface CreatePackageOptions {
  readonly main: PackagedModule;
  /** What `main` refers to, directly or not. */
  readonly dependencies: readonly PackagedModule[];
  /** All modules in one layer, but for those of the names (`id@version`) in `except`. */
  readonly flatten?: { readonly except: readonly string[] };
  /** Of the user. */
  readonly labels: Readonly<Record<string, string>>;
  /** At most one distribution. Without an architecture the package is for any. */
  readonly target: SupportedTarget;
  readonly layerWriter: LayerWriter;
  /** Takes temporary folders, which are gone in the end. */
  readonly workDirectory: string;
}

/**
 * A buildpackage, or the package of an extension (`distribution.md#buildpackage`, CNB.md C195). A layer each, in order of
 * the names; diff IDs and labels are those that pack would give. Throws `PACKAGE_INVALID`.
 */
export async function createPackage(options: CreatePackageOptions): Promise<Image> {
  const { main, layerWriter, workDirectory } = options;
  const dependencies = withoutRepeats(main, options.dependencies);
  const isBuildpack = main.summary.kind === 'buildpack';
  if (isBuildpack) validateReferences(main, dependencies);
  const stacks = commonStacks(
    main.summary,
    dependencies.map(({ summary }) => summary),
  );
  if (isBuildpack && stacks.length === 0) throw invalid(`the buildpacks in "${moduleName(main)}" have no stack in common`);
  const modules = [...dependencies, main];
  using layers = openModuleLayers(modules, layerWriter, workDirectory);
  const placed = await placeModules(modules, layers, options.flatten);
  const label = isBuildpack ? LABELS.buildpackLayers : LABELS.extensionLayers;
  return createPackageImage(options, placed.layers, {
    ...options.labels,
    [LABELS.buildpackageMetadata]: formatBuildpackageMetadataLabel({ ...main.summary.info, ...(isBuildpack ? { stacks } : {}) }),
    [label]: formatModuleLayersLabel(placed.label),
  });
}

/** Layers without repeats, and which one each module is in. */
export interface PlacedModules {
  readonly layers: readonly Layer[];
  readonly label: ModuleLayersLabel;
}

async function placeModules(modules: readonly PackagedModule[], writer: ModuleLayers, flatten: CreatePackageOptions['flatten']): Promise<PlacedModules> {
  const isFlat = (module: PackagedModule) => flatten !== undefined && !flatten.except.includes(moduleName(module));
  const flat = modules.filter(isFlat);
  const shared = flat.length === 0 ? undefined : await writer.flattened(flat);
  const places = new Map<PackagedModule, Layer>();
  for (const module of [...modules].sort(byName)) {
    // A flattened package that is not flattened further keeps its layer.
    const own = module.content.kind === 'layer' && flatten === undefined ? module.content.layer : undefined;
    places.set(module, isFlat(module) && shared !== undefined ? shared : (own ?? (await writer.single(module))));
  }
  return placed(places);
}

/** What a label says of modules and the layers they are in. */
export function placed(places: ReadonlyMap<PackagedModule, Layer>): PlacedModules {
  const layers = new Map<DiffId, Layer>();
  const label: Record<string, Record<string, ModuleLayer>> = {};
  for (const [{ summary }, layer] of places) {
    layers.set(layer.diffId, layer);
    (label[summary.info.id] ??= {})[summary.info.version] = layerRecord(summary, layer.diffId);
  }
  return { layers: [...layers.values()], label };
}

function layerRecord(summary: ModuleSummary, layerDiffID: DiffId): ModuleLayer {
  return { ...summary.layer, layerDiffID };
}

function createPackageImage({ target }: CreatePackageOptions, layers: readonly Layer[], labels: Readonly<Record<string, string>>): Image {
  const version = target.distros[0]?.version ?? '';
  return createImage({
    config: {
      os: target.os ?? 'linux',
      architecture: target.arch ?? '',
      ...(target.variant === undefined ? {} : { variant: target.variant }),
      ...(version === '' ? {} : { 'os.version': version }),
      created: BASE_IMAGE_CREATED,
      history: layers.map(() => ({ created: BASE_IMAGE_CREATED })),
      config: { Labels: labels },
    },
    layers,
  });
}

/** Packages of packages bring the same module by several ways; the last content of a name counts, as with pack. */
function withoutRepeats(main: PackagedModule, dependencies: readonly PackagedModule[]): readonly PackagedModule[] {
  const byModule = new Map(dependencies.map((dependency) => [moduleName(dependency), dependency]));
  byModule.delete(moduleName(main));
  return [...byModule.values()];
}

/** Whatever an order names is there, and nothing is there for nothing. */
function validateReferences(main: PackagedModule, dependencies: readonly PackagedModule[]): void {
  const present = new Set(dependencies.map(moduleName));
  const used = new Set<string>();
  for (const module of [main, ...dependencies]) {
    for (const { id, version } of (module.summary.layer.order ?? []).flatMap(({ group }) => group)) {
      const name = `${id}@${version}`;
      if (!present.has(name)) {
        throw invalid(
          `buildpack "${moduleName(module)}" references buildpack "${name}" which is not present`,
          'Add a [[dependencies]] entry for it to package.toml',
        );
      }
      used.add(name);
    }
  }
  const unused = [...present].find((name) => !used.has(name));
  if (unused === undefined) return;
  throw invalid(`buildpack "${unused}" is not used by buildpack "${moduleName(main)}"`, 'Leave it out of package.toml, or name it in an order');
}

function invalid(why: string, nextStep = 'Correct the buildpacks or leave one out'): TspackError {
  return new TspackError({ code: 'PACKAGE_INVALID', message: `Cannot make the package: ${why}`, nextStep });
}
