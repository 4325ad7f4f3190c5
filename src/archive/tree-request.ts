import type { Digest } from '../foundation/index.ts';
import type { LayerTarSpec } from './layer-tar.ts';

export interface LayerTarRequest {
  readonly spec: LayerTarSpec;
  readonly outputPath: string | undefined;
}

export interface LayerTarResult {
  /** Of the uncompressed tar. */
  readonly diffId: Digest;
  /** Of the uncompressed tar. */
  readonly sizeBytes: number;
}

export interface FingerprintRequest {
  readonly directory: string;
}

export interface TreeFingerprint {
  /** Equal to an earlier one exactly when nothing below the folder has changed, unless either is doubtful. */
  readonly value: string;
  /** Why the value must not be relied on, for people; undefined when it may be. */
  readonly doubtful: string | undefined;
}
