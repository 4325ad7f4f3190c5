import { createReadStream, mkdirSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { TspackError, hasSystemCode, temporaryBeside } from '../foundation/index.ts';
import { decompress, extractTar } from '../archive/index.ts';
import type { LayerTarEntry, LayerTarPart } from '../archive/index.ts';
import {
  LABELS,
  escapeBuildpackId,
  formatApiVersion,
  formatBuilderMetadataLabel,
  formatModuleLayersLabel,
  formatOrderLabel,
  formatOrderToml,
  formatRunToml,
  formatStackToml,
  parseLifecycleDescriptor,
} from '../cnb/index.ts';
import type { LifecycleDescriptor, ModuleLayersLabel } from '../cnb/index.ts';
import { createImage } from '../oci/index.ts';
import type { HistoryEntry, Image, Layer, LayerWriter } from '../oci/index.ts';
import { BASE_IMAGE_CREATED } from './base-labels.ts';
import type { Architecture, BuilderDefinition } from './builder-file.ts';
import type { BuilderNode } from './builder-node.ts';
import { requireRunImage } from './builder-parts.ts';
import { orderOf } from './bundled-buildpacks.ts';
import type { BundledBuildpack } from './bundled-buildpacks.ts';
import { directoryEntry, fileEntry, folderEntries } from './folder-entries.ts';
import { readTree } from './tree-layer.ts';
import type { UnpackedBuildImage } from './unpacked-image.ts';

export interface CreateBuilderOptions {
  readonly builder: BuilderDefinition;
  readonly architecture: Architecture;
  readonly buildImage: UnpackedBuildImage;
  readonly node: BuilderNode;
  readonly buildpacks: readonly BundledBuildpack[];
  /** A lifecycle release: its archive (`.tgz`), or the folder of it with `lifecycle.toml` and `lifecycle/`. */
  readonly lifecycle: string;
  /** Name of the run image to export on; default is the builder's own. */
  readonly runImage?: string;
  readonly layerWriter: LayerWriter;
  /** Takes a temporary folder, which is gone in the end. */
  readonly workDirectory: string;
  readonly createdBy: { readonly name: string; readonly version: string };
}

/**
 * A builder image for pack and other platforms (platform.md "Builder", CNB.md C192-C194): the build image, a lifecycle,
 * the bundled buildpacks with the Node that they run on, and the files and labels that say so. Throws
 * `LIFECYCLE_INVALID`.
 */
export async function createBuilder(options: CreateBuilderOptions): Promise<Image> {
  mkdirSync(options.workDirectory, { recursive: true });
  const temporary = temporaryBeside(join(options.workDirectory, 'lifecycle'));
  try {
    return await assembleBuilder(options, await openLifecycle(options.lifecycle, temporary));
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

async function assembleBuilder(options: CreateBuilderOptions, lifecycle: OpenedLifecycle): Promise<Image> {
  const { builder, architecture, buildImage, node, buildpacks, layerWriter, createdBy } = options;
  const layers: Layer[] = [];
  const history: HistoryEntry[] = [];
  const add = async (name: string, parts: readonly LayerTarPart[]) => {
    const layer = await layerWriter.write({ parts });
    layers.push(layer);
    history.push({ created: BASE_IMAGE_CREATED, created_by: `tspack builder "${builder.name}": ${name}` });
    return layer;
  };
  const cnb = [directoryEntry('/cnb')];
  await add('build image', readTree(buildImage.root, buildImage.user));
  await add('lifecycle', entriesPart([...cnb, ...folderEntries(lifecycle.binaries, '/cnb/lifecycle'), link('/lifecycle', '/cnb/lifecycle')]));
  await add('node', entriesPart([...cnb, ...folderEntries(node.directory, '/cnb/tspack')]));
  const modules: Record<string, Record<string, ModuleLayersLabel[string][string]>> = {};
  for (const { directory, descriptor } of buildpacks) {
    const parent = `/cnb/buildpacks/${escapeBuildpackId(descriptor.id)}`;
    const entries = [...cnb, directoryEntry('/cnb/buildpacks'), directoryEntry(parent), ...folderEntries(directory, `${parent}/${descriptor.version}`)];
    const layer = await add(`${descriptor.id} ${descriptor.version}`, entriesPart(entries));
    (modules[descriptor.id] ??= {})[descriptor.version] = {
      api: formatApiVersion(descriptor.api),
      layerDiffID: layer.diffId,
      ...(descriptor.name === undefined ? {} : { name: descriptor.name }),
      ...(descriptor.homepage === undefined ? {} : { homepage: descriptor.homepage }),
      ...(descriptor.stacks.length === 0 ? {} : { stacks: descriptor.stacks }),
      ...(descriptor.targets.length === 0 ? {} : { targets: descriptor.targets }),
    };
  }
  const runImage = { image: options.runImage ?? requireRunImage(builder).reference, mirrors: [] };
  const order = orderOf(buildpacks);
  await add(
    'configuration',
    entriesPart([
      ...cnb,
      directoryEntry('/cnb/build-config'),
      directoryEntry('/cnb/build-config/env'),
      directoryEntry('/cnb/extensions'),
      fileEntry('/cnb/order.toml', formatOrderToml({ order, orderExtensions: [] })),
      fileEntry('/cnb/run.toml', formatRunToml({ images: [runImage] })),
      fileEntry('/cnb/stack.toml', formatStackToml({ runImage })),
      directoryEntry('/platform'),
      directoryEntry('/platform/env'),
    ]),
  );
  return createImage({
    config: {
      os: 'linux',
      architecture,
      created: BASE_IMAGE_CREATED,
      history,
      config: {
        User: `${buildImage.user.uid}:${buildImage.user.gid}`,
        Env: Object.entries(buildImage.env).map(([name, value]) => `${name}=${value}`),
        WorkingDir: '/layers',
        Labels: {
          ...buildImage.labels,
          [LABELS.builderMetadata]: formatBuilderMetadataLabel({
            description: builder.description,
            buildpacks: buildpacks.map(({ descriptor }) => ({
              id: descriptor.id,
              version: descriptor.version,
              ...(descriptor.name === undefined ? {} : { name: descriptor.name }),
              ...(descriptor.homepage === undefined ? {} : { homepage: descriptor.homepage }),
            })),
            extensions: [],
            stack: { runImage },
            lifecycle: { version: lifecycle.descriptor.version, apis: lifecycle.descriptor.apis },
            createdBy,
            images: [runImage],
          }),
          [LABELS.buildpackLayers]: formatModuleLayersLabel(modules),
          [LABELS.buildpackOrder]: formatOrderLabel(order),
        },
      },
    },
    layers,
  });
}

interface OpenedLifecycle {
  readonly descriptor: LifecycleDescriptor;
  /** The folder with `creator`, `launcher` and the others. */
  readonly binaries: string;
}

async function openLifecycle(path: string, temporary: string): Promise<OpenedLifecycle> {
  try {
    let directory = path;
    if (statSync(path).isFile()) {
      directory = temporary;
      await extractTar(decompress(createReadStream(path)), directory);
    }
    const file = join(directory, 'lifecycle.toml');
    const binaries = join(directory, 'lifecycle');
    const descriptor = parseLifecycleDescriptor(readFileSync(file, 'utf8'), file);
    if (readdirSync(binaries).includes('lifecycle')) return { descriptor, binaries };
  } catch (error) {
    if (!hasSystemCode(error, 'ENOENT', 'ENOTDIR')) throw error;
  }
  throw new TspackError({
    code: 'LIFECYCLE_INVALID',
    message: `Cannot use "${path}" as a lifecycle: want an archive or a folder with lifecycle.toml and lifecycle/lifecycle`,
    nextStep: 'Give the .tgz of a release of the buildpacks lifecycle',
  });
}

function entriesPart(entries: readonly LayerTarEntry[]): readonly LayerTarPart[] {
  return [{ kind: 'entries', entries }];
}

function link(path: string, linkTarget: string): LayerTarEntry {
  return { path, type: 'symlink', mode: 0o777, uid: 0, gid: 0, linkTarget };
}
