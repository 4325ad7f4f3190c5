/**
 * The immutable image model and the places on disk that hold images: an image is a value, every change is a
 * function that returns another one (OCI image-spec 1.1). It knows nothing of networks or of CNB labels.
 *
 * @packageDocumentation
 */
export { MEDIA_TYPES, formatPlatform } from './descriptor.ts';
export type { Descriptor, ImagePlatform } from './descriptor.ts';
export type { ContainerConfig, DiffId, HistoryEntry, Image, ImageConfig, ImageIndex, Layer } from './image.ts';
export { formatFamiliarReference, formatImageReference, parseImageReference, withDigest } from './image-reference.ts';
export type { ImageReference } from './image-reference.ts';
export { tektonResults } from './tekton-results.ts';
export type { ContentStore, ImageStore, LayerCompressor } from './store.ts';
export type { LayerWriter } from './layer-writer.ts';
export { appendLayers, createImage, imagePlatform, withContainerConfig } from './create-image.ts';
export type { ImageParts } from './create-image.ts';
export { rebaseImage } from './rebase-image.ts';
export type { ImageRebase } from './rebase-image.ts';
export { createBlobLayer, createTarLayer } from './layer.ts';
export {
  MAXIMUM_MANIFEST_BYTES,
  configDescriptor,
  createManifest,
  imageFromManifest,
  parseConfig,
  parseManifest,
  parseManifestIndex,
  selectManifest,
} from './manifest.ts';
export type { Manifest, ManifestIndex } from './manifest.ts';
export { createIndexManifest, createIndexOf } from './index-manifest.ts';
export type { ManifestBytes } from './index-manifest.ts';
export { createArtifact } from './artifact.ts';
export type { Artifact, ArtifactFile } from './artifact.ts';
export { attachToLayout, readLayoutArtifacts } from './layout/layout-artifacts.ts';
export { collectBytes, verifyContent } from './verify.ts';
export { validateImage } from './validate.ts';
export { ingestDirectory, openBlobDirectory } from './layout/blob-directory.ts';
export type { BlobDirectory } from './layout/blob-directory.ts';
export { openLayoutStore, putImage, readIndex, samePlatform, writeIndex } from './layout/layout-store.ts';
export type { LayoutStore } from './layout/layout-store.ts';
export { compressedBlob, createLayerCompressor } from './layout/layer-compressor.ts';
export { createLayerWriter, storedTarLayer } from './layout/layer-writer.ts';
export { openDockerArchive } from './tarball/docker-archive.ts';
export { readDockerArchive, readImageArchive } from './tarball/read-archive.ts';
export type { NamedImage } from './tarball/named-image.ts';
export { createOciArchive } from './tarball/oci-archive.ts';
export { fillOnce, unpackImage } from './unpack/unpack-image.ts';
export type { UnpackEvent, UnpackImageOptions } from './unpack/unpack-image.ts';
