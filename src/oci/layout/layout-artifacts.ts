import { readFileSync } from 'node:fs';
import { MEDIA_TYPES } from '../descriptor.ts';
import { parseManifest } from '../manifest.ts';
import { openBlobDirectory } from './blob-directory.ts';
import { readIndex, writeIndex } from './layout-store.ts';
import type { Digest } from '../../foundation/index.ts';
import type { Artifact } from '../artifact.ts';
import type { Descriptor } from '../descriptor.ts';
import type { BlobDirectory } from './blob-directory.ts';

/**
 * Puts artifacts into a layout, beside the image that they refer to: entries of `index.json` without a name and with
 * their `artifactType`. They take the place of others of their kind, and those whose image is gone go.
 */
export function attachToLayout(directory: string, artifacts: readonly Artifact[]): void {
  const blobs = openBlobDirectory(directory);
  for (const artifact of artifacts) for (const { bytes } of [...artifact.blobs, artifact]) blobs.putBytes(bytes);
  const entries = readIndex(directory);
  const images = new Set(entries.filter(({ artifactType }) => artifactType === undefined).map(({ digest }) => digest));
  const replaced = new Set(artifacts.map((artifact) => kindOf(artifact.descriptor, artifact.bytes)));
  const kept = entries.filter((entry) => {
    if (entry.artifactType === undefined) return true;
    const bytes = readBlob(blobs, entry.digest);
    const subject = bytes === undefined ? undefined : parseManifest(bytes).subject?.digest;
    return bytes !== undefined && subject !== undefined && images.has(subject) && !replaced.has(kindOf(entry, bytes));
  });
  writeIndex(directory, [...kept, ...artifacts.map(({ descriptor }) => descriptor)]);
}

/** The files of this media type that refer to a manifest of the layout. */
export function readLayoutArtifacts(directory: string, subject: Digest, mediaType: string): readonly Uint8Array[] {
  const blobs = openBlobDirectory(directory);
  return readIndex(directory).flatMap((entry) => {
    const bytes = entry.artifactType === mediaType && entry.mediaType === MEDIA_TYPES.ociManifest ? readBlob(blobs, entry.digest) : undefined;
    const manifest = bytes === undefined ? undefined : parseManifest(bytes);
    const file = manifest?.subject?.digest === subject ? manifest.layers[0] : undefined;
    return (file === undefined ? undefined : readBlob(blobs, file.digest)) ?? [];
  });
}

function kindOf({ artifactType }: Descriptor, bytes: Uint8Array): string {
  return `${artifactType ?? ''} ${parseManifest(bytes).subject?.digest ?? ''}`;
}

function readBlob(blobs: BlobDirectory, digest: Digest): Uint8Array | undefined {
  return blobs.has(digest) ? readFileSync(blobs.path(digest)) : undefined;
}
