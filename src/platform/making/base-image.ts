import { join } from 'node:path';
import { buildImageOwner, createBuildImage, nodeLayer, unpackBuildImage } from '../../builder/index.ts';
import type { BuilderDefinition, BuilderRecipe } from '../../builder/index.ts';
import type { SupportedTarget } from '../../cnb/index.ts';
import { makeDirectory } from '../../foundation/index.ts';
import type { Image, ImagePlatform } from '../../oci/index.ts';
import { requireImage } from '../images/pull-image.ts';
import { architectureOf, builderEvents } from '../resolve-bundled-builder.ts';
import type { BuilderSituation } from './builder-situation.ts';
import { imageSources } from './image-sources.ts';
import { bundledBuildImage, openNode } from './own-lifecycle.ts';

/** What a builder is made on. */
export interface BuilderBase {
  readonly image: Image;
  readonly extraLayers: BuilderRecipe['extraLayers'];
  /** The bundled builder whose build image it is: its buildpacks can be named as `urn:cnb:builder:<id>`. */
  readonly builder?: string;
}

/** The platform of a target; what it leaves open is this machine's. */
export function platformOfTarget({ os, arch, variant }: SupportedTarget, host: ImagePlatform): ImagePlatform {
  return { os: os ?? host.os, architecture: arch ?? host.architecture, ...(variant === undefined ? {} : { variant }) };
}

/** The build image that builder.toml names: that of a bundled builder by the builder's name or the image's own, or an image of anybody. */
export async function openBase(target: SupportedTarget, situation: BuilderSituation): Promise<BuilderBase> {
  const { definition, options, ports, task } = situation;
  const platform = platformOfTarget(target, ports.hostPlatform);
  const bundled = bundledBuildImage(definition.buildImage, ports);
  if (bundled !== undefined) return await openBundledBase(bundled, platform, situation);
  const { image } = await requireImage(
    { image: definition.buildImage, role: 'build image', platform, ...imageSources(options), events: task.events, signal: task.signal },
    ports.modules,
  );
  return { image, extraLayers: [] };
}

async function openBundledBase(builder: BuilderDefinition, platform: ImagePlatform, { ports, task }: BuilderSituation): Promise<BuilderBase> {
  const { bundled } = ports;
  const architecture = architectureOf(platform);
  const owner = buildImageOwner(builder, bundled.buildersDirectory);
  const events = builderEvents(task.events);
  const cacheDirectory = join(bundled.home.cache, 'images');
  makeDirectory(cacheDirectory);
  const supply = bundled.createSupply(owner, architecture, false, events, task.signal);
  const buildImage = await unpackBuildImage({ builder: owner, architecture, supply, cacheDirectory, clock: bundled.clock, events });
  const node = await openNode(owner, platform, ports, task);
  const image = await createBuildImage({ name: owner.name, architecture, buildImage, layerWriter: bundled.store.layerWriter });
  return { image, extraLayers: [nodeLayer(node)], builder: builder.name };
}
