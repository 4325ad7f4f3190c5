import type { Digest, InputChange } from '../../foundation/index.ts';
import type { LayerOrigin } from './stored-build.ts';

/** Which layer is asked about. */
export interface WhyRequest {
  /** An image as other verbs take it; absent: the one that was built last. */
  readonly image?: string;
  /** `<buildpack id>:<layer>`, the part after the colon where only one layer has it, or one of `app`, `launcher` and so on. */
  readonly layer: string;
}

/** Why a layer is what it is, of the build that made the image. */
export interface LayerExplanation {
  /** The familiar name that the build gave the image. */
  readonly image: string;
  readonly imageId: Digest;
  /** ISO 8601. */
  readonly built: string;
  readonly layer: string;
  /** Who made it; absent for a layer of the lifecycle. */
  readonly buildpack?: { readonly id: string; readonly version: string };
  /** `reused`: the last image has the same; `cached`: from the cache, and new in the image or not in it at all. */
  readonly decision: 'made' | 'reused' | 'cached';
  readonly reason: string;
  /** The first input that changed. */
  readonly change?: InputChange;
  /** Everything that it is made from, by name; empty where its buildpack does not tell. */
  readonly inputs: Readonly<Record<string, string>>;
  /** Absent for a layer that the image does not hold. */
  readonly diffId?: Digest;
  readonly sizeBytes?: number;
  /** The build that made its content; absent when it left no record. */
  readonly origin?: LayerOrigin;
}
