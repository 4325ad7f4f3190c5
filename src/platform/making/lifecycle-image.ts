import { createLifecycleImage } from '../../builder/index.ts';
import type { SupportedTarget } from '../../cnb/index.ts';
import { TspackError } from '../../foundation/index.ts';
import type { Image } from '../../oci/index.ts';
import { requireImage } from '../images/pull-image.ts';
import { resolveBundledRunImage } from '../resolve-bundled-builder.ts';
import type { MakingResult } from './api.ts';
import { platformOfTarget } from './base-image.ts';
import type { BuilderSituation } from './builder-situation.ts';
import { imageSources } from './image-sources.ts';
import { ownLifecycle } from './own-lifecycle.ts';
import { putImages } from './put-images.ts';
import type { ImageForTarget } from './put-images.ts';

/**
 * The image with tspack's lifecycle on the builder's default run image, for platforms that do not trust the builder with
 * credentials (pack's `--lifecycle-image`). It goes where the builder goes. Throws `LIFECYCLE_INVALID` for another lifecycle.
 */
export async function makeLifecycleImage(name: string, targets: readonly SupportedTarget[], situation: BuilderSituation): Promise<MakingResult> {
  const { definition, options, ports, task } = situation;
  if (definition.lifecycle.version !== undefined || definition.lifecycle.uri !== undefined) {
    throw new TspackError({
      code: 'LIFECYCLE_INVALID',
      message: `Cannot make the lifecycle image "${name}": builder.toml names a lifecycle that is not of tspack`,
      nextStep: 'Use the image of that lifecycle, or leave [lifecycle] out of builder.toml',
    });
  }
  const made: ImageForTarget[] = [];
  for (const target of targets) made.push({ target, image: await assembleLifecycleImage(target, situation) });
  return await putImages(made, { ...options, name, tags: [] }, ports, task);
}

/** tspack's lifecycle on the default run image, for one target. */
export async function assembleLifecycleImage(target: SupportedTarget, situation: BuilderSituation): Promise<Image> {
  const { ports, task } = situation;
  const lifecycle = await ownLifecycle(platformOfTarget(target, ports.hostPlatform), ports, task);
  const base = await openRunImage(target, situation);
  return await createLifecycleImage({ lifecycle, base, layerWriter: ports.modules.store.layerWriter });
}

async function openRunImage(target: SupportedTarget, { definition, options, ports, task }: BuilderSituation): Promise<Image> {
  const image = definition.runImages[0]?.image ?? '';
  const platform = platformOfTarget(target, ports.hostPlatform);
  const bundled = await resolveBundledRunImage(image, { platform, frozen: false, ...task }, ports.bundled);
  if (bundled !== undefined) return bundled.image;
  return (await requireImage({ image, role: 'run image', platform, ...imageSources(options), ...task }, ports.modules)).image;
}
