import { TspackError } from '../../foundation/index.ts';
import { createIndexManifest, formatImageReference, parseImageReference } from '../../oci/index.ts';
import { requireLocal } from './find-local.ts';
import type { Image, ImageReference } from '../../oci/index.ts';
import type { LocalStore } from '../../store/index.ts';
import type { PublishingRegistry } from '../ports.ts';
import type { PushOptions, PushedImage } from './api.ts';

type DistributedImage = Image & Required<Pick<Image, 'manifest'>>;

/** Pushes a local image; see {@link ImageVerbs.pushImage}. Throws `IMAGE_NOT_FOUND` and what the registry throws. */
export async function pushImage(
  options: PushOptions,
  ports: { readonly store: LocalStore; readonly registry: () => Promise<PublishingRegistry> },
): Promise<readonly PushedImage[]> {
  const { store } = ports;
  const { images, byId } = requireLocal(options.image, store);
  const [first] = images;
  if (first === undefined) return [];
  const names = options.destinations.length === 0 ? [first.reference] : options.destinations.map(parseImageReference);
  if (byId && options.destinations.length === 0 && images.length > 1) {
    throw new TspackError({
      code: 'IMAGE_HAS_NAMES',
      message: `Cannot choose a name to push "${options.image}" under: it has ${images.length}`,
      nextStep: 'Name one of them, or a destination: tspack push IMAGE DESTINATION',
    });
  }
  const distributed: DistributedImage[] = [];
  for (const imageId of new Set(images.map((image) => image.imageId))) {
    const image = await store.readById(imageId);
    if (image !== undefined) distributed.push(await store.distribute(image));
  }
  const registry = await ports.registry();
  const [only] = distributed;
  if (only !== undefined && distributed.length === 1) {
    await registry.write(only, names);
    return names.map((name) => ({ name: formatImageReference(name), digest: only.manifest.descriptor.digest }));
  }
  return await pushIndex(distributed, names, registry);
}

/** The images of an index are in the registry by their digests. */
async function pushIndex(images: readonly DistributedImage[], names: readonly ImageReference[], registry: PublishingRegistry): Promise<readonly PushedImage[]> {
  for (const image of images) {
    const digests = names.map(({ registry: host, repository }) => ({ registry: host, repository, digest: image.manifest.descriptor.digest }));
    await registry.write(image, digests);
  }
  const index = createIndexManifest(images);
  await registry.writeIndex(index, names);
  return names.map((name) => ({ name: formatImageReference(name), digest: index.descriptor.digest }));
}
