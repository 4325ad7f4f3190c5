import { isDigest } from '../../foundation/index.ts';
import { parseImageReference } from '../../oci/index.ts';
import type { ImagePlatform, ImageReference } from '../../oci/index.ts';
import type { DaemonImages } from '../phase-ports.ts';
import type { ImagePlace } from './image-place.ts';

/** Images in a daemon. An identifier is what the daemon calls the image: its ID. */
export function daemonPlace(daemon: DaemonImages, platform: ImagePlatform): ImagePlace {
  const read: ImagePlace['read'] = async (name) => {
    const found = await daemon.open(referenceOf(name));
    return found === undefined ? undefined : { image: found.image, identifier: found.id };
  };
  return {
    kind: 'daemon',
    read,
    async readBase(name) {
      const found = await daemon.open(referenceOf(name));
      // What the daemon tells of an image is not its whole config.
      const image = found && (await daemon.read(referenceOf(name), platform));
      return found === undefined || image === undefined ? undefined : { image, identifier: found.id };
    },
    isReadable: async (name) => (await daemon.open(referenceOf(name))) !== undefined,
    verifyWritable: () => Promise.resolve(),
    async write(image, names) {
      const references = names.map(parseImageReference);
      await daemon.write(image, references);
      return { imageId: (await daemon.open(references[0]!))?.id ?? image.imageId };
    },
  };
}

/** A name, or the ID that {@link ImagePlace.read} gave. */
function referenceOf(name: string): ImageReference {
  return isDigest(name) ? { registry: '', repository: '', digest: name } : parseImageReference(name);
}
