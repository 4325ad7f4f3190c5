import { TspackError } from '../../foundation/index.ts';
import { createIndexOf, formatFamiliarReference, formatImageReference, parseImageReference, parseManifestIndex } from '../../oci/index.ts';
import { parseImagePlace } from '../images/image-place.ts';
import { entryFor, isAttestation, openMembers } from './app-index.ts';
import { layoutPlace } from './layout-place.ts';
import { indexReplaced } from './rebase-place.ts';
import type { Descriptor, ImageReference } from '../../oci/index.ts';
import type { RebasePorts } from '../ports.ts';
import type { RebaseIndexes, RebasePlace } from './rebase-place.ts';

/** The place that an image name means: `oci:<dir>[:<tag>]`, `docker:<name>`, its registry, or the local store. Throws `IMAGE_REFERENCE_INVALID`. */
export function openRebasePlace(text: string, publish: boolean, ports: RebasePorts): RebasePlace {
  const place = parseImagePlace(text);
  switch (place.kind) {
    case 'oci':
      return layoutPlace(text, place, ports);
    case 'docker':
      return daemonPlace(parseTagged(place.name), ports);
    case 'name':
      return publish ? registryPlace(parseTagged(place.name), ports) : localPlace(parseTagged(place.name), ports);
    case 'oci-archive':
    case 'docker-archive':
      throw new TspackError({
        code: 'IMAGE_REFERENCE_INVALID',
        message: `Cannot rebase "${text}": an archive is written once`,
        nextStep: 'Copy it to a layout first, and name that as oci:<folder>',
      });
  }
}

function localPlace(reference: ImageReference, { store, platform }: RebasePorts): RebasePlace {
  return {
    image: formatFamiliarReference(reference),
    place: 'local store',
    registry: reference.registry,
    // Its names hold one image a platform.
    checkWritable: () => Promise.resolve(),
    read: () => store.read(reference, platform),
    async write(image) {
      await store.write(image, [reference]);
      return undefined;
    },
  };
}

function registryPlace(reference: ImageReference, ports: RebasePorts): RebasePlace {
  const image = formatImageReference(reference);
  return {
    image,
    place: `registry ${reference.registry}`,
    registry: reference.registry,
    async checkWritable(whole) {
      if (whole) return;
      const stored = await (await ports.registry()).readIndex(reference);
      if (imagesOf(stored?.bytes).length > 0) throw indexReplaced(image);
    },
    read: async () => (await ports.registry()).read(reference, ports.platform),
    write: async (rebased) => await (await ports.registry()).write(rebased, [reference]),
    indexes: registryIndexes(image, reference, ports),
  };
}

function registryIndexes(image: string, { registry: host, repository, tag }: ImageReference, ports: RebasePorts): RebaseIndexes {
  return {
    async read() {
      const registry = await ports.registry();
      const stored = await registry.readIndex({ registry: host, repository, ...(tag === undefined ? {} : { tag }) });
      if (stored === undefined || imagesOf(stored.bytes).length === 0) return undefined;
      const { manifests, annotations } = parseManifestIndex(stored.bytes)!;
      const members = await openMembers(image, manifests, async ({ digest }) => {
        return (await registry.read({ registry: host, repository, digest }, ports.platform)) ?? lost(image, digest);
      });
      return { members, nested: true, ...(annotations === undefined ? {} : { annotations }), stored };
    },
    async write(index) {
      const registry = await ports.registry();
      const manifests: Descriptor[] = [];
      for (const member of index.members) manifests.push(entryFor(member, await registry.write(member.image, [{ registry: host, repository }])));
      const made = index.stored ?? createIndexOf({ ...index, manifests });
      await registry.writeIndex(made, [{ registry: host, repository, ...(tag === undefined ? {} : { tag }) }]);
      return { manifests, index: made.descriptor };
    },
  };
}

/** What an index lists besides attestations. */
function imagesOf(bytes: Uint8Array | undefined): readonly Descriptor[] {
  return (bytes === undefined ? undefined : parseManifestIndex(bytes))?.manifests.filter((entry) => !isAttestation(entry)) ?? [];
}

function lost(image: string, digest: string): never {
  throw new TspackError({
    code: 'BLOB_NOT_FOUND',
    message: `Cannot rebase "${image}": its index names ${digest}, which is not there`,
    nextStep: 'Build and push the image again',
  });
}

function daemonPlace(reference: ImageReference, ports: RebasePorts): RebasePlace {
  return {
    image: formatFamiliarReference(reference),
    place: 'docker',
    registry: reference.registry,
    checkWritable: () => Promise.resolve(),
    read: async () => (await ports.daemon()).images.read(reference, ports.platform),
    async write(image) {
      await (await ports.daemon()).images.write(image, [reference]);
      return undefined;
    },
  };
}

function parseTagged(text: string): ImageReference {
  const reference = parseImageReference(text);
  if (reference.digest === undefined) return reference;
  throw new TspackError({
    code: 'IMAGE_REFERENCE_INVALID',
    message: `Cannot rebase "${text}": what a digest names never changes`,
    nextStep: 'Name the image by its tag',
  });
}
