import { findBundledBuilder, operatorEnv, orderOf, programLayers, readBundledBuildpacks } from '../../builder/index.ts';
import { removeTree } from '../../foundation/index.ts';
import { formatFamiliarReference, parseImageReference } from '../../oci/index.ts';
import { createWorkDirectory } from '../../store/index.ts';
import { requireMakingPlaces } from '../require-places.ts';
import { resolveBundledRunImage } from '../resolve-bundled-builder.ts';
import { openBase, platformOfTarget } from './base-image.ts';
import { chooseTargets } from './choose-targets.ts';
import { assembleFor, hostTarget } from './create-builder-image.ts';
import { assembleLifecycleImage } from './lifecycle-image.ts';
import { putImages } from './put-images.ts';
import type { BuilderDefinition, BuilderRecord } from '../../builder/index.ts';
import type { BuilderToml } from '../../cnb/index.ts';
import type { Image } from '../../oci/index.ts';
import type { Task } from '../api.ts';
import type { MakingOptions, MakingResult, PublishBuilderOptions, PublishedBuilder } from './api.ts';
import type { BuilderBase } from './base-image.ts';
import type { BuilderSituation } from './builder-situation.ts';
import type { MakingPorts } from './ports.ts';
import type { ImageForTarget } from './put-images.ts';

/**
 * Pushes a bundled builder as images that every platform takes: run image, build image, lifecycle image, and the builder image, which
 * has tspack itself in it. Each is an index where there are several targets. What an image is made on is pushed before it. Throws
 * `BUILDER_UNKNOWN`, `PLATFORM_UNSUPPORTED`, `TARGET_INVALID`, `IMAGE_REFERENCE_INVALID` and what the registry throws.
 */
export async function publishBuilder(options: PublishBuilderOptions, ports: MakingPorts, task: Task): Promise<PublishedBuilder> {
  const bundled = findBundledBuilder(ports.bundled.buildersDirectory, options.builder);
  const nameOf = (what: string) => {
    const { registry, repository } = parseImageReference(options.repository);
    return formatFamiliarReference({ registry, repository, tag: `${what}-${bundled.name}` });
  };
  const making = (what: string): MakingOptions => ({
    name: nameOf(what),
    outputs: [{ kind: 'registry' }],
    tags: [],
    labels: {},
    targets: options.targets,
    appendNameSuffix: false,
    insecureRegistries: options.insecureRegistries,
  });
  await requireMakingPlaces(making('builder'), [nameOf('builder')], ports, task);
  const situation: BuilderSituation = {
    definition: recipeOf(bundled, nameOf('run'), ports),
    baseDirectory: ports.program,
    flatten: [],
    options: making('builder'),
    ports,
    task,
  };
  const chosen = chooseTargets(making('builder'), [], ports.hostPlatform);
  const targets = chosen.length === 0 ? [hostTarget(ports)] : chosen;
  const workDirectory = createWorkDirectory(ports.bundled.home);

  const put = async (what: string, make: (target: ImageForTarget['target']) => Promise<Image>): Promise<MakingResult> => {
    const made: ImageForTarget[] = [];
    for (const target of targets) {
      task.signal.throwIfAborted();
      made.push({ target, image: await make(target) });
    }
    return await putImages(made, making(what), ports, task);
  };
  try {
    const runImage = await put('run', async (target) => {
      const request = { platform: platformOfTarget(target, ports.hostPlatform), frozen: false, ...task };
      return (await resolveBundledRunImage(bundled.name, request, ports.bundled))!.image;
    });
    const buildImage = await put('build', async (target) => (await openBase(target, situation)).image);
    const lifecycleImage = await put('lifecycle', (target) => assembleLifecycleImage(target, situation));
    const builder = await put('builder', (target) =>
      assembleFor(target, workDirectory, situation, (base) => programLayers(ports.program, recordOf(nameOf('builder'), bundled, base))),
    );
    return { runImage, buildImage, lifecycleImage, builder };
  } finally {
    removeTree(workDirectory);
  }
}

/** The bundled builder as the builder.toml that anybody could write of it. */
function recipeOf(bundled: BuilderDefinition, runImage: string, { bundled: { buildpacksDirectory } }: MakingPorts): BuilderToml {
  const buildpacks = readBundledBuildpacks(bundled, buildpacksDirectory);
  return {
    description: bundled.description,
    buildpacks: buildpacks.map(({ descriptor: { id } }) => ({ uri: `urn:cnb:builder:${id}` })),
    extensions: [],
    order: orderOf(bundled, buildpacks),
    orderExtensions: [],
    system: { pre: [], post: [] },
    buildImage: bundled.name,
    runImages: [{ image: runImage, mirrors: [] }],
    lifecycle: {},
    targets: [],
    buildConfigEnv: operatorEnv(bundled),
    warnings: [],
  };
}

function recordOf(name: string, { name: builder, user: { uid, gid } }: BuilderDefinition, { image }: BuilderBase): Omit<BuilderRecord, 'npm'> {
  const variables = image.config.config?.Env ?? [];
  const env = Object.fromEntries(variables.map((text) => [text.slice(0, text.indexOf('=')), text.slice(text.indexOf('=') + 1)]));
  return { name, builder, user: { uid, gid }, env };
}
