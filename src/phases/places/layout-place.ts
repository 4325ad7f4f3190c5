import { existsSync } from 'node:fs';
import { TspackError, hasSystemCode, makeDirectory } from '../../foundation/index.ts';
import { createManifest, openLayoutStore, parseImageReference, writeIndex } from '../../oci/index.ts';
import { formatLayoutIdentifier, layoutPath, parseLayoutIdentifier } from './layout-path.ts';
import type { BlobDirectory, Descriptor, Image, ImagePlatform, Layer, LayerCompressor } from '../../oci/index.ts';
import type { ImagePlace } from './image-place.ts';

/** Images in OCI layouts below one folder, a layout an image (CNB.md C028, C215, C216). */
export function layoutPlace(directory: string, platform: ImagePlatform, compressor: LayerCompressor): ImagePlace {
  const read: ImagePlace['read'] = async (name) => {
    const path = parseLayoutIdentifier(name)?.path ?? layoutPath(directory, name);
    if (!existsSync(path)) return undefined;
    const image = await openLayoutStore({ directory: path, compressor }).readOnly(platform);
    return image?.manifest === undefined ? undefined : { image, identifier: formatLayoutIdentifier(path, image.manifest.descriptor.digest) };
  };
  return {
    kind: 'layout',
    read,
    readBase: read,
    isReadable: async (name) => (await read(name)) !== undefined,
    async verifyWritable(names) {
      for (const name of names) verifyFolder(layoutPath(directory, name));
    },
    async write(image, names) {
      let manifest: Descriptor | undefined;
      for (const name of names) manifest = await writeLayout(image, name, layoutPath(directory, name), compressor);
      return { digest: manifest!.digest, manifestSize: manifest!.size };
    },
  };
}

function verifyFolder(path: string): void {
  try {
    makeDirectory(path);
  } catch (error) {
    if (!hasSystemCode(error, 'EACCES', 'EROFS', 'ENOTDIR', 'EPERM')) throw error;
    throw new TspackError({ code: 'OUTPUT_UNUSABLE', message: `Cannot write to the layout "${path}": ${error.message}`, cause: error });
  }
}

async function writeLayout(image: Image, name: string, path: string, compressor: LayerCompressor): Promise<Descriptor> {
  const { blobs } = openLayoutStore({ directory: path, compressor });
  const layers = [];
  for (const layer of image.layers) layers.push(await putLayer(layer, blobs, compressor));
  blobs.putBytes(image.configBytes);
  const manifest = createManifest(image, layers);
  blobs.putBytes(manifest.bytes);
  const { tag, digest } = parseImageReference(name);
  writeIndex(path, [{ ...manifest.descriptor, annotations: { 'org.opencontainers.image.ref.name': tag ?? digest ?? '' } }]);
  return manifest.descriptor;
}

/** A layout may be sparse: then it lacks the layers of the run image, and what stands on it lacks them too. */
async function putLayer(layer: Layer, blobs: BlobDirectory, compressor: LayerCompressor): Promise<Layer & Required<Pick<Layer, 'blob'>>> {
  const compressed = await compressor.compress(layer);
  try {
    await blobs.put(compressed.blob, compressed.openBlob);
  } catch (error) {
    if (!(error instanceof TspackError) || error.code !== 'BLOB_NOT_FOUND') throw error;
  }
  return compressed;
}
