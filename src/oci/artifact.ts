import { GoStruct, digestOf, formatGoJson } from '../foundation/index.ts';
import { MEDIA_TYPES } from './descriptor.ts';
import type { Descriptor } from './descriptor.ts';
import type { ManifestBytes } from './index-manifest.ts';

/** The config of artifacts that have none (OCI image-spec 1.1, "Guidance for an empty descriptor"). */
export const EMPTY_CONFIG = {
  descriptor: { mediaType: 'application/vnd.oci.empty.v1+json', digest: digestOf('{}'), size: 2 },
  bytes: Buffer.from('{}'),
} as const;

/** One file that belongs to an image. */
export interface ArtifactFile {
  /** Of the file and of the artifact. */
  readonly mediaType: string;
  readonly bytes: Uint8Array;
  /** For tools that write it to disk. */
  readonly fileName: string;
}

/** A manifest that refers to an image, and what it names. */
export interface Artifact extends ManifestBytes {
  /** Config and file. */
  readonly blobs: readonly ManifestBytes[];
}

/** A file as an artifact whose `subject` is an image (OCI image-spec 1.1 `manifest.md`): registries list it as a referrer. Nothing in it tells the time. */
export function createArtifact({ mediaType, bytes, fileName }: ArtifactFile, subject: Descriptor): Artifact {
  const file: Descriptor = { mediaType, digest: digestOf(bytes), size: bytes.length };
  const struct = ({ mediaType: type, digest, size }: Descriptor, annotations?: Readonly<Record<string, string>>) =>
    new GoStruct({ mediaType: type, digest, size, annotations });
  const manifest = Buffer.from(
    formatGoJson(
      new GoStruct({
        schemaVersion: 2,
        mediaType: MEDIA_TYPES.ociManifest,
        artifactType: mediaType,
        config: struct(EMPTY_CONFIG.descriptor),
        layers: [struct(file, { 'org.opencontainers.image.title': fileName })],
        subject: struct(subject),
      }),
    ),
  );
  return {
    descriptor: { mediaType: MEDIA_TYPES.ociManifest, digest: digestOf(manifest), size: manifest.length, artifactType: mediaType },
    bytes: manifest,
    blobs: [EMPTY_CONFIG, { descriptor: file, bytes }],
  };
}
