import { createOciArchive, openDockerArchive } from '../../oci/index.ts';
import { requireLocal } from './find-local.ts';
import type { NamedImage } from '../../oci/index.ts';
import type { LocalStore } from '../../store/index.ts';
import type { SaveOptions } from './api.ts';

/** The archive of images of the store. All of them are looked for before its first byte. Throws `IMAGE_NOT_FOUND`. */
export async function saveImages({ images, format }: SaveOptions, store: LocalStore): Promise<AsyncIterable<Uint8Array>> {
  const names = new Map<string, NamedImage>();
  for (const text of images) {
    const found = requireLocal(text, store);
    for (const { imageId, reference } of found.images) {
      const known = names.get(imageId);
      const image = known?.image ?? (await store.readById(imageId));
      if (image === undefined) continue;
      // Asked for by its ID, it is saved without names, as docker does.
      const references = found.byId ? [] : [reference];
      names.set(imageId, { image, references: [...(known?.references ?? []), ...references] });
    }
  }
  const named = [...names.values()];
  if (format === 'docker') return openDockerArchive(named, store.compressor);
  const distributed: NamedImage[] = [];
  for (const { image, references } of named) distributed.push({ image: await store.distribute(image), references });
  return (await createOciArchive(distributed, store.compressor)).open();
}
