import { formatImageReference, withDigest } from './image-reference.ts';
import type { Digest } from '../foundation/index.ts';
import type { ImageReference } from './image-reference.ts';

/**
 * The results of a Tekton Task that made an image, by name: what Tekton's catalog calls it, and the names by which Tekton
 * Chains knows an image. Chains puts the digest behind the URL itself. Tekton takes a result as it is, line breaks and all.
 *
 * @param names of the image, the first one first
 * @param digest of its manifest, or of the index over several
 */
export function tektonResults(names: readonly ImageReference[], digest: Digest): Readonly<Record<string, string>> {
  const [url = ''] = names.map(formatImageReference);
  return {
    APP_IMAGE_DIGEST: digest,
    APP_IMAGE_URL: url,
    IMAGE_DIGEST: digest,
    IMAGE_URL: url,
    IMAGES: names.map((name) => formatImageReference(withDigest(name, digest))).join(','),
    IMAGE_ARTIFACT_OUTPUTS: JSON.stringify({ uri: url, digest }),
  };
}
