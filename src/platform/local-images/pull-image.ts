import { formatFamiliarReference, parseImageReference } from '../../oci/index.ts';
import { findImage } from '../find-image.ts';
import { keepBlobs } from './keep-blobs.ts';
import type { FindImagePorts } from '../find-image.ts';
import type { Task } from '../api.ts';
import type { StoredImage } from './api.ts';

/** Takes an image of a registry, or with `docker:<name>` of a daemon, into the local store. Throws `IMAGE_NOT_FOUND`. */
export async function pullIntoStore(image: string, task: Task, ports: FindImagePorts): Promise<StoredImage> {
  const found = await findImage({ image, remote: true, insecureRegistries: [] }, ports);
  const reference = parseImageReference(found.name);
  const { digest } = reference;
  // A name in the store is a tag: what was asked for by its digest alone gets the digest's first digits as one.
  const named = reference.tag !== undefined || digest === undefined ? reference : { ...reference, tag: `sha256-${digest.slice('sha256:'.length, 19)}` };
  const { digest: _digest, ...local } = named;
  const whole = await keepBlobs(found.image, ports.store.blobs, task.signal);
  await ports.store.write(whole, [local]);
  return {
    name: formatFamiliarReference(local),
    imageId: whole.imageId,
    ...(whole.manifest === undefined ? {} : { manifestDigest: whole.manifest.descriptor.digest }),
  };
}
