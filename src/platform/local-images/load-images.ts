import { createReadStream, statSync } from 'node:fs';
import { decompress } from '../../archive/index.ts';
import { TspackError } from '../../foundation/index.ts';
import { formatFamiliarReference, parseImageReference, readImageArchive } from '../../oci/index.ts';
import type { LocalStore } from '../../store/index.ts';
import type { StoredImage } from './api.ts';

/** Takes the images of an archive into the store, all of them or, when one cannot be read, none. Throws `IMAGE_NAME_MISSING` and what reading throws. */
export async function loadImages(source: string | AsyncIterable<Uint8Array>, name: string | undefined, store: LocalStore): Promise<readonly StoredImage[]> {
  const given = name === undefined ? undefined : parseImageReference(name);
  const images = await readImageArchive(decompress(typeof source === 'string' ? openFile(source) : source), store.blobs);
  const named = images.map(({ image, references }) => ({ image, references: references.length > 0 || given === undefined ? references : [given] }));
  const nameless = named.find(({ references }) => references.length === 0);
  if (nameless !== undefined) {
    throw new TspackError({
      code: 'IMAGE_NAME_MISSING',
      message: `Cannot load image ${nameless.image.imageId}: the archive gives it no name`,
      nextStep: 'Add --name NAME',
    });
  }
  const loaded: StoredImage[] = [];
  for (const { image, references } of named) {
    await store.write(image, references);
    const digest = image.manifest === undefined ? {} : { manifestDigest: image.manifest.descriptor.digest };
    for (const reference of references) loaded.push({ name: formatFamiliarReference(reference), imageId: image.imageId, ...digest });
  }
  return loaded;
}

function openFile(path: string): AsyncIterable<Uint8Array> {
  if (statSync(path, { throwIfNoEntry: false })?.isFile() === true) return createReadStream(path, { highWaterMark: 1024 * 1024 });
  throw new TspackError({ code: 'IMAGE_NOT_FOUND', message: `Cannot find the archive "${path}"`, nextStep: 'Name a file that exists' });
}
