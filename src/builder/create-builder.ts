import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LayerTarPart } from '../archive/index.ts';
import { parseModuleSummary } from '../cnb/index.ts';
import type { Image, LayerWriter } from '../oci/index.ts';
import { assembleBuilder } from './assemble-builder.ts';
import { createBuildImage } from './build-image.ts';
import type { Architecture, BuilderDefinition } from './builder-file.ts';
import type { BuilderNode } from './builder-node.ts';
import { requireRunImage } from './builder-parts.ts';
import { orderOf } from './bundled-buildpacks.ts';
import type { BundledBuildpack } from './bundled-buildpacks.ts';
import { directoryEntry, folderEntries } from './folder-entries.ts';
import { operatorEnv } from './operator-env.ts';
import type { LifecycleSource } from './lifecycle-content.ts';
import type { PackagedModule } from './packaged-module.ts';
import type { UnpackedBuildImage } from './unpacked-image.ts';

export interface CreateBuilderOptions {
  readonly builder: BuilderDefinition;
  readonly architecture: Architecture;
  readonly buildImage: UnpackedBuildImage;
  readonly node: BuilderNode;
  readonly buildpacks: readonly BundledBuildpack[];
  readonly lifecycle: LifecycleSource;
  /** Name of the run image to export on; default is the builder's own. */
  readonly runImage?: string;
  readonly layerWriter: LayerWriter;
  /** Takes a temporary folder, which is gone in the end. */
  readonly workDirectory: string;
  readonly createdBy: { readonly name: string; readonly version: string };
}

/** A bundled builder as a builder image: its build image, its buildpacks, and the Node that they run on. Throws as {@link assembleBuilder}. */
export async function createBuilder(options: CreateBuilderOptions): Promise<Image> {
  const { builder, buildpacks, lifecycle, layerWriter, workDirectory, createdBy } = options;
  return await assembleBuilder({
    definition: {
      description: builder.description,
      order: orderOf(builder, buildpacks),
      orderExtensions: [],
      system: { pre: [], post: [] },
      runImages: [{ image: options.runImage ?? requireRunImage(builder).reference, mirrors: [] }],
      buildConfigEnv: operatorEnv(builder),
    },
    base: await createBuildImage({ ...options, name: builder.name }),
    buildpacks: buildpacks.map(({ directory }) => folderModule(directory, 'buildpack')),
    extensions: [],
    lifecycle,
    flatten: [],
    labels: {},
    extraLayers: [nodeLayer(options.node)],
    createdBy,
    layerWriter,
    workDirectory,
    warn: () => undefined,
  });
}

/** What bundled buildpacks run on, where they look for it. */
export function nodeLayer(node: BuilderNode): { readonly name: string; readonly parts: readonly LayerTarPart[] } {
  return { name: 'node', parts: [{ kind: 'entries', entries: [directoryEntry('/cnb'), ...folderEntries(node.directory, '/cnb/tspack')] }] };
}

/** A module of a folder with its descriptor. Throws what reading the descriptor throws. */
export function folderModule(directory: string, kind: 'buildpack' | 'extension', rootDirectory?: string): PackagedModule {
  const file = join(rootDirectory ?? directory, `${kind}.toml`);
  return {
    summary: parseModuleSummary(readFileSync(file, 'utf8'), file, kind),
    content: { kind: 'folder', directory, ...(rootDirectory === undefined ? {} : { rootDirectory }) },
  };
}
