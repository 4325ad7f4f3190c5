import type { Digest } from '../foundation/index.ts';
import type { Descriptor, ImagePlatform } from './descriptor.ts';

/** The digest of a layer's uncompressed tar (OCI image-spec `config.md#layer-diffid`). */
export type DiffId = Digest;

/** The container settings of an image config (OCI image-spec `config.md#properties`). Wire names. */
export interface ContainerConfig {
  readonly User?: string;
  readonly ExposedPorts?: Readonly<Record<string, object>>;
  readonly Env?: readonly string[];
  readonly Entrypoint?: readonly string[] | null;
  readonly Cmd?: readonly string[] | null;
  readonly Volumes?: Readonly<Record<string, object>>;
  readonly WorkingDir?: string;
  readonly Labels?: Readonly<Record<string, string>>;
  readonly StopSignal?: string;
}

export interface HistoryEntry {
  readonly created?: string;
  readonly created_by?: string;
  readonly author?: string;
  readonly comment?: string;
  readonly empty_layer?: boolean;
}

/** An image config (OCI image-spec `config.md`). Wire names. */
export interface ImageConfig extends ImagePlatform {
  readonly created?: string;
  readonly author?: string;
  readonly 'os.version'?: string;
  readonly config?: ContainerConfig;
  readonly rootfs: { readonly type: 'layers'; readonly diff_ids: readonly DiffId[] };
  readonly history?: readonly HistoryEntry[];
}

/**
 * One layer. Immutable. Its bytes come from a method that opens a fresh stream, so that retrying is honest.
 */
export interface Layer {
  readonly diffId: DiffId;
  /** Size of the uncompressed tar in bytes, when known without reading it. */
  readonly tarSizeBytes?: number;
  /** The blob as a registry or layout holds it, when one exists: digest and size of the (compressed) bytes. */
  readonly blob?: Descriptor;
  /** The uncompressed tar. Verified: wrong content throws `DIGEST_MISMATCH` instead of ending. */
  openTar(): AsyncIterable<Uint8Array>;
  /** The bytes of `blob`, verified; absent when the layer has no blob yet. */
  openBlob?(): AsyncIterable<Uint8Array>;
  /** Whether the place that the image was read from still has the layer; absent where that takes more than a question. */
  isPresent?(): Promise<boolean>;
}

/** An image. Immutable: changes are functions that return another one. */
export interface Image {
  readonly config: ImageConfig;
  /** The config as it is hashed and stored. */
  readonly configBytes: Uint8Array;
  /** The image ID: digest of `configBytes`. */
  readonly imageId: Digest;
  /** Base first; as many as `config.rootfs.diff_ids`. */
  readonly layers: readonly Layer[];
  /** The manifest that this image was read by; raw, so that its digest cannot drift. */
  readonly manifest?: { readonly descriptor: Descriptor; readonly bytes: Uint8Array };
  /** Manifest annotations to write. */
  readonly annotations?: Readonly<Record<string, string>>;
}

/** An index over images of several platforms. */
export interface ImageIndex {
  readonly images: readonly Image[];
  readonly annotations?: Readonly<Record<string, string>>;
}
