import { decompress } from '../archive/index.ts';
import { MEDIA_TYPES } from './descriptor.ts';
import { verifyContent } from './verify.ts';
import type { Descriptor } from './descriptor.ts';
import type { DiffId, Layer } from './image.ts';

/** A layer that lies somewhere as a blob, compressed or not. `openBlob` need not verify. */
export function createBlobLayer(options: {
  readonly descriptor: Descriptor;
  readonly diffId: DiffId;
  openBlob(): AsyncIterable<Uint8Array>;
}): Layer & Required<Pick<Layer, 'blob' | 'openBlob'>> {
  const { descriptor, diffId } = options;
  const openBlob = () => verifyContent(options.openBlob(), descriptor, `layer ${descriptor.digest}`);
  const plain = descriptor.mediaType === MEDIA_TYPES.ociLayerTar || descriptor.mediaType === MEDIA_TYPES.dockerLayerTar;
  return {
    diffId,
    ...(plain ? { tarSizeBytes: descriptor.size } : {}),
    blob: descriptor,
    openBlob,
    openTar: () => (plain ? openBlob() : verifyContent(decompress(openBlob()), { digest: diffId }, `the content of layer ${descriptor.digest}`)),
  };
}

/** A layer that lies as an uncompressed tar and has no blob yet. `openTar` need not verify. */
export function createTarLayer(options: {
  readonly diffId: DiffId;
  readonly tarSizeBytes: number;
  openTar(): AsyncIterable<Uint8Array>;
}): Layer & { readonly tarSizeBytes: number } {
  const { diffId, tarSizeBytes } = options;
  return {
    diffId,
    tarSizeBytes,
    openTar: () => verifyContent(options.openTar(), { digest: diffId, size: tarSizeBytes }, `layer ${diffId}`),
  };
}
