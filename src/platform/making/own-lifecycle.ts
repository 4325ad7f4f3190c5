import { join } from 'node:path';
import { assembleLifecycle, buildImageOwner, findBundledBuilder, listBundledBuilders, unpackBuilderNode } from '../../builder/index.ts';
import type { BuilderDefinition, BuilderNode } from '../../builder/index.ts';
import { makeDirectory } from '../../foundation/index.ts';
import type { ImagePlatform } from '../../oci/index.ts';
import type { Task } from '../api.ts';
import { architectureOf, builderEvents } from '../resolve-bundled-builder.ts';
import type { MakingPorts } from './ports.ts';

/** Whose Node runs the lifecycle on build images that bring none. */
const NODE_OWNER = 'base';

/** The folder of tspack's own lifecycle for a platform, made once for its content. Throws `PLATFORM_UNSUPPORTED`. */
export async function ownLifecycle(platform: ImagePlatform, { bundled, lifecycle, version }: MakingPorts, task: Task): Promise<string> {
  const owner = findBundledBuilder(bundled.buildersDirectory, NODE_OWNER);
  const node = await openNode(owner, platform, { bundled }, task);
  return await assembleLifecycle({
    programs: lifecycle.programs,
    launcher: lifecycle.launcher(platform),
    node: join(node.directory, 'node', 'bin', 'node'),
    nodeVersion: node.nodeVersion,
    version,
    cacheDirectory: join(bundled.home.cache, 'lifecycle'),
    clock: bundled.clock,
  });
}

/** The Node of a bundled builder, unpacked once. */
export async function openNode(
  builder: BuilderDefinition,
  platform: ImagePlatform,
  { bundled }: Pick<MakingPorts, 'bundled'>,
  task: Task,
): Promise<BuilderNode> {
  const cacheDirectory = join(bundled.home.cache, 'images');
  makeDirectory(cacheDirectory);
  return await unpackBuilderNode({
    builder: buildImageOwner(builder, bundled.buildersDirectory),
    architecture: architectureOf(platform),
    registry: await bundled.npmRegistry(),
    download: (file, path) => bundled.download(file, path, builderEvents(task.events), task.signal),
    cacheDirectory,
    clock: bundled.clock,
  });
}

/** The bundled builder whose build image an image name means: the builder's own name, or that of the image. */
export function bundledBuildImage(image: string, { bundled }: MakingPorts): BuilderDefinition | undefined {
  return listBundledBuilders(bundled.buildersDirectory).find(
    ({ name, buildImage }) => name === image || (buildImage !== undefined && 'reference' in buildImage && buildImage.reference === image),
  );
}
