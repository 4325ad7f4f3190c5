import { formatImageReference, parseImageReference, withDigest } from '../../oci/index.ts';
import type { ImagePlatform } from '../../oci/index.ts';
import type { RegistryImages } from '../phase-ports.ts';
import type { ImagePlace } from './image-place.ts';

/** Images in registries. An identifier is a digest reference with registry and whole repository. */
export function registryPlace(registry: RegistryImages, platform: ImagePlatform): ImagePlace {
  const read: ImagePlace['read'] = async (name) => {
    const reference = parseImageReference(name);
    const image = await registry.read(reference, platform);
    if (image?.manifest === undefined) return undefined;
    return { image, identifier: formatImageReference(withDigest(reference, image.manifest.descriptor.digest)) };
  };
  return {
    kind: 'registry',
    read,
    readBase: read,
    async isReadable(name) {
      try {
        return (await registry.resolve(parseImageReference(name))) !== undefined;
      } catch {
        return false;
      }
    },
    async verifyWritable(names) {
      for (const name of names) await registry.verifyPushAccess(parseImageReference(name));
    },
    async write(image, names) {
      const { digest, size } = await registry.write(image, names.map(parseImageReference));
      return { digest, manifestSize: size };
    },
  };
}
