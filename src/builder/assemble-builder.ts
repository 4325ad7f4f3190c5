import { TspackError } from '../foundation/index.ts';
import {
  LABELS,
  formatBuilderMetadataLabel,
  formatModuleLayersLabel,
  formatOrderLabel,
  formatSystemLabel,
  parseBuilderMetadataLabel,
  parseModuleLayersLabel,
} from '../cnb/index.ts';
import type { BuilderModule, ModuleKind, ModuleLayersLabel } from '../cnb/index.ts';
import type { LayerTarEntry } from '../archive/index.ts';
import { createImage } from '../oci/index.ts';
import type { HistoryEntry, Image, Layer } from '../oci/index.ts';
import { BASE_IMAGE_CREATED } from './base-labels.ts';
import { configurationLayers, folderLayer, lifecycleLayer } from './builder-layers.ts';
import type { NamedEntries } from './builder-layers.ts';
import type { BuilderRecipe } from './builder-recipe.ts';
import { placed } from './create-package.ts';
import { openLifecycle } from './lifecycle-content.ts';
import type { LifecycleContent } from './lifecycle-content.ts';
import { moduleName } from './packaged-module.ts';
import type { PackagedModule } from './packaged-module.ts';
import { placeBuilderModules } from './place-builder-modules.ts';
import { resolveOrder, resolveReferences } from './resolve-order.ts';
import { validateModules } from './validate-modules.ts';

interface AddedLayer {
  readonly name: string;
  readonly layer: Layer;
}

/**
 * A builder image for pack and every other platform (platform.md "Builder", CNB.md C192-C194): the build image, a
 * lifecycle, buildpacks and extensions, and the files and labels that say so. Layers of modules and of the configuration
 * have the bytes that pack gives them. Throws `BUILD_IMAGE_INVALID`, `LIFECYCLE_INVALID`, `BUILDER_MODULE_UNFIT`,
 * `BUILDER_ORDER_INVALID`.
 */
export async function assembleBuilder(recipe: BuilderRecipe): Promise<Image> {
  using lifecycle = await openLifecycle(recipe.lifecycle, recipe.workDirectory);
  const { base, definition } = recipe;
  const user = buildUser(base);
  const known = readExisting(base);
  const lists = {
    buildpacks: merged(known.buildpacks, recipe.buildpacks),
    extensions: merged(known.extensions, recipe.extensions),
  };
  requireStackId(recipe);
  validateModules({
    modules: [...recipe.buildpacks, ...recipe.extensions],
    present: new Set(lists.buildpacks.map(({ id, version }) => `${id}@${version}`)),
    lifecycle: lifecycle.descriptor,
    buildImage: base,
  });
  const order = {
    order: resolveOrder(definition.order, lists.buildpacks, 'buildpack'),
    orderExtensions: resolveOrder(definition.orderExtensions, lists.extensions, 'extension'),
  };
  const system = {
    pre: resolveReferences(definition.system.pre, lists.buildpacks, 'buildpack'),
    post: resolveReferences(definition.system.post, lists.buildpacks, 'buildpack'),
  };
  const write = async ({ name, entries }: NamedEntries): Promise<AddedLayer> => ({
    name,
    layer: await recipe.layerWriter.write({ parts: [{ kind: 'entries', entries }] }),
  });
  const added = [await write(folderLayer(user)), await write(lifecycleLayer(lifecycle.binaries, entriesOf(recipe)))];
  for (const { name, parts } of recipe.extraLayers) added.push({ name, layer: await recipe.layerWriter.write({ parts }) });
  const buildpacks = await addModules('buildpack', recipe, known.buildpackLayers);
  const extensions = await addModules('extension', recipe, known.extensionLayers);
  added.push(...buildpacks.layers, ...extensions.layers);
  for (const layer of configurationLayers({ order, system, runImages: definition.runImages, buildConfigEnv: definition.buildConfigEnv })) {
    added.push(await write(layer));
  }
  return createBuilderImage(recipe, added, {
    [LABELS.builderMetadata]: metadataLabel(recipe, lifecycle, lists),
    [LABELS.buildpackLayers]: formatModuleLayersLabel(buildpacks.label),
    [LABELS.extensionLayers]: formatModuleLayersLabel(extensions.label),
    [LABELS.buildpackOrder]: formatOrderLabel(definition.order),
    [LABELS.extensionOrder]: formatOrderLabel(definition.orderExtensions),
    ...(system.pre.length + system.post.length === 0 ? {} : { [LABELS.systemBuildpacks]: formatSystemLabel(definition.system) }),
  });
}

function entriesOf({ extraLayers }: BuilderRecipe): readonly LayerTarEntry[] {
  return extraLayers.flatMap(({ parts }) => parts.flatMap((part) => (part.kind === 'entries' ? part.entries : [])));
}

/** Of the build image (CNB.md C190). */
function buildUser(base: Image): { readonly uid: number; readonly gid: number } {
  const read = (name: string): number => {
    const text = base.config.config?.Env?.find((variable) => variable.startsWith(`${name}=`))?.slice(name.length + 1);
    if (text !== undefined && /^\d{1,10}$/.test(text)) return Number(text);
    throw new TspackError({
      code: 'BUILD_IMAGE_INVALID',
      message: `Cannot make a builder on this build image: ${text === undefined ? `it is missing the variable ${name}` : `its ${name} is "${text}", want a number`}`,
      nextStep: 'Use a build image with CNB_USER_ID and CNB_GROUP_ID, such as that of a bundled builder: image = "base"',
    });
  };
  return { uid: read('CNB_USER_ID'), gid: read('CNB_GROUP_ID') };
}

/** What is on the build image, when that is a builder. */
function readExisting(base: Image) {
  const labels = base.config.config?.Labels ?? {};
  const metadata = labels[LABELS.builderMetadata];
  const layers = (name: string): ModuleLayersLabel => (labels[name] === undefined ? {} : parseModuleLayersLabel(labels[name]));
  const { buildpacks = [], extensions = [] } = metadata === undefined ? {} : parseBuilderMetadataLabel(metadata);
  return { buildpacks, extensions, buildpackLayers: layers(LABELS.buildpackLayers), extensionLayers: layers(LABELS.extensionLayers) };
}

/** Each name once; the first that came with a whole descriptor says most. */
function merged(existing: readonly BuilderModule[], modules: readonly PackagedModule[]): readonly BuilderModule[] {
  const byModule = new Map(existing.map((info) => [`${info.id}@${info.version}`, info]));
  const added = new Set<string>();
  for (const module of modules) {
    const name = moduleName(module);
    if (!added.has(name)) byModule.set(name, module.summary.info);
    added.add(name);
  }
  return [...byModule.values()];
}

function requireStackId({ definition: { stackId }, base }: BuilderRecipe): void {
  const found = base.config.config?.Labels?.[LABELS.stackId] ?? '';
  if (stackId === undefined || stackId === found) return;
  throw new TspackError({
    code: 'BUILD_IMAGE_INVALID',
    message: `Cannot make a builder for the stack "${stackId}": the build image has stack "${found}"`,
    nextStep: 'Use a build image of that stack, or leave [stack] id out',
  });
}

async function addModules(kind: ModuleKind, recipe: BuilderRecipe, existing: ModuleLayersLabel) {
  const { flatten, layerWriter, workDirectory, warn } = recipe;
  const modules = kind === 'buildpack' ? recipe.buildpacks : recipe.extensions;
  const { places, whiteouts } = await placeBuilderModules({ modules, flatten, existing, layerWriter, workDirectory, warn });
  const { layers, label } = placed(places);
  const names = new Map([...places].map(([module, layer]) => [layer.diffId, moduleName(module)]));
  const versions = (id: string) => ({ ...existing[id], ...label[id] });
  return {
    layers: [
      ...whiteouts.map((layer): AddedLayer => ({ name: `${kind}s to overwrite`, layer })),
      ...layers.map((layer): AddedLayer => ({ name: names.get(layer.diffId) ?? kind, layer })),
    ],
    label: Object.fromEntries([...new Set([...Object.keys(existing), ...Object.keys(label)])].map((id) => [id, versions(id)])),
  };
}

function metadataLabel(
  { definition: { description, runImages }, createdBy }: BuilderRecipe,
  { descriptor }: LifecycleContent,
  lists: { readonly buildpacks: readonly BuilderModule[]; readonly extensions: readonly BuilderModule[] },
): string {
  return formatBuilderMetadataLabel({
    description,
    ...lists,
    stack: { runImage: runImages[0] ?? { image: '', mirrors: [] } },
    lifecycle: { version: descriptor.version, apis: descriptor.apis },
    createdBy,
    images: runImages,
  });
}

function createBuilderImage({ base, labels }: BuilderRecipe, added: readonly AddedLayer[], own: Readonly<Record<string, string>>): Image {
  const { config, history = [] } = base.config;
  const old = history.filter(({ empty_layer: isEmpty }) => isEmpty !== true).length === base.layers.length ? history : base.layers.map(() => ({}));
  const entry = ({ name }: AddedLayer): HistoryEntry => ({ created: BASE_IMAGE_CREATED, created_by: `tspack builder: ${name}` });
  return createImage({
    config: {
      ...base.config,
      created: BASE_IMAGE_CREATED,
      history: [...old, ...added.map(entry)],
      config: { ...config, WorkingDir: '/layers', Labels: { ...config?.Labels, ...labels, ...own } },
    },
    layers: [...base.layers, ...added.map(({ layer }) => layer)],
  });
}
