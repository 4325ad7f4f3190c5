import { MEDIA_TYPES, createIndexOf, parseManifestIndex } from '../oci/index.ts';
import type { Digest } from '../foundation/index.ts';
import type { Artifact, Descriptor } from '../oci/index.ts';
import type { RegistryRepository } from './repository.ts';

/** What {@link attachReferrer} and {@link listReferrers} need of a repository. */
type Place = Pick<RegistryRepository, 'push' | 'putManifest' | 'fetchManifest' | 'fetchReferrers'>;

/**
 * Pushes an artifact that refers to an image of the repository. A registry without the referrers API gets the list of
 * them under the tag that stands in for it (distribution-spec 1.1, "Pushing Manifests with Subject", "Referrers Tag Schema").
 */
export async function attachReferrer(place: Place, subject: Digest, artifact: Artifact): Promise<void> {
  for (const { descriptor, bytes } of artifact.blobs) {
    await place.push(descriptor, async function* () {
      yield bytes;
    });
  }
  const { isReferrer } = await place.putManifest(artifact.descriptor.digest, artifact.descriptor, artifact.bytes);
  if (isReferrer) return;
  const known = await fallbackList(place, subject);
  if (known.some(({ digest }) => digest === artifact.descriptor.digest)) return;
  // Of one kind there is one: what an earlier push of the same image said is replaced.
  const others = known.filter(({ artifactType }) => artifactType !== artifact.descriptor.artifactType);
  const { descriptor, bytes } = createIndexOf({ manifests: [...others, artifact.descriptor] });
  await place.putManifest(fallbackTag(subject), descriptor, bytes);
}

/** The artifacts of a kind that refer to a manifest of the repository; of several, the registry's order. */
export async function listReferrers(place: Place, subject: Digest, artifactType: string): Promise<readonly Descriptor[]> {
  const listed = (await place.fetchReferrers(subject)) ?? (await fallbackList(place, subject));
  return listed.filter((entry) => entry.artifactType === artifactType && entry.mediaType === MEDIA_TYPES.ociManifest);
}

async function fallbackList(place: Place, subject: Digest): Promise<readonly Descriptor[]> {
  const found = await place.fetchManifest(fallbackTag(subject));
  return found === undefined ? [] : (parseManifestIndex(found.bytes)?.manifests ?? []);
}

function fallbackTag(subject: Digest): string {
  return subject.replace(':', '-');
}
