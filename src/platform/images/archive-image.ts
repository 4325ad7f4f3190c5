import { createReadStream, existsSync } from 'node:fs';
import { join } from 'node:path';
import { decompress, extractTar, hashFile } from '../../archive/index.ts';
import { TspackError, digestHex, markUsed, removeTree } from '../../foundation/index.ts';
import { fillOnce, openLayoutStore, readDockerArchive } from '../../oci/index.ts';
import { createWorkDirectory } from '../../store/index.ts';
import type { BlobDirectory, Image, ImagePlatform, LayerCompressor, LayoutStore } from '../../oci/index.ts';
import type { Home } from '../../store/index.ts';
import type { ImagePlace } from './image-place.ts';

export interface LayoutImagePorts {
  readonly home: Home;
  readonly store: { readonly compressor: LayerCompressor };
  readonly platform: ImagePlatform;
  readonly signal?: AbortSignal;
}

/** The image of a layout or of an archive; undefined when there is none for this platform. Layers of a docker-archive go to `blobs`. */
export async function readPlacedImage(
  place: Extract<ImagePlace, { readonly path: string }>,
  blobs: BlobDirectory,
  ports: LayoutImagePorts,
): Promise<Image | undefined> {
  if (place.kind === 'docker-archive') {
    requireFile(place.path);
    return await readDockerArchive(decompress(createReadStream(place.path)), blobs);
  }
  return await readLayoutImage(await openPlacedLayout(place, ports), place.tag, ports.platform);
}

/** What the images at a place are for, as far as it says it. */
export async function placedPlatforms(place: Extract<ImagePlace, { readonly path: string }>, ports: LayoutImagePorts): Promise<readonly ImagePlatform[]> {
  return place.kind === 'docker-archive' ? [] : (await openPlacedLayout(place, ports)).platforms(place.tag);
}

async function openPlacedLayout(
  place: Exclude<Extract<ImagePlace, { readonly path: string }>, { readonly kind: 'docker-archive' }>,
  ports: LayoutImagePorts,
): Promise<LayoutStore> {
  const directory = place.kind === 'oci' ? place.path : await unpackArchive(place.path, ports);
  return openLayoutStore({ directory, compressor: ports.store.compressor });
}

/** The image of a layout, by its tag or the only one. Packages of buildpacks need not say an architecture. */
export async function readLayoutImage(layout: LayoutStore, tag: string | undefined, platform: ImagePlatform): Promise<Image | undefined> {
  const read = (wanted: ImagePlatform) => (tag === undefined ? layout.readOnly(wanted) : layout.readTag(tag, wanted));
  return (await read(platform)) ?? (await read({ os: platform.os, architecture: '' }));
}

/**
 * The folder with what an archive holds, plain or compressed: unpacked once for each content, nothing outside it is
 * ever written. Throws `IMAGE_NOT_FOUND`, `ARCHIVE_INVALID`, `ARCHIVE_UNSAFE`, `ARCHIVE_TOO_LARGE`.
 */
export async function unpackArchive(file: string, { home, signal }: Pick<LayoutImagePorts, 'home' | 'signal'>): Promise<string> {
  requireFile(file);
  const { digest } = await hashFile(file);
  const directory = join(home.cache, 'archives', digestHex(digest));
  if (markUsed(directory)) return directory;
  const workDirectory = createWorkDirectory(home);
  try {
    await fillOnce(directory, workDirectory, async (temporary) => {
      const options = { dropLeadingSlash: true, specialFiles: 'skip', dropSetuid: true, ...(signal === undefined ? {} : { signal }) } as const;
      await extractTar(decompress(createReadStream(file)), temporary, options);
    });
    return directory;
  } finally {
    removeTree(workDirectory);
  }
}

function requireFile(path: string): void {
  if (existsSync(path)) return;
  throw new TspackError({ code: 'IMAGE_NOT_FOUND', message: `Cannot find the archive "${path}"`, nextStep: 'Name a file that exists' });
}
