import type { Digest } from '../foundation/index.ts';

export type PhaseName = 'analyzing' | 'detecting' | 'extending' | 'restoring' | 'building' | 'exporting' | 'rebasing';

/** One thing that happened in a build. */
export type BuildFact =
  /** Consumed: `source`, `builder`, `run-image`, `debian-package`, `buildpack` and `download`, whose name is its address. */
  | {
      readonly kind: 'consumed';
      readonly what: string;
      readonly name: string;
      readonly version?: string;
      readonly digest?: string;
      readonly sizeBytes?: number;
      /** Of a download: whether it cost the network anything. */
      readonly from?: 'network' | 'store';
      /** Of a download: who fetched it, `id/version`. */
      readonly buildpack?: string;
    }
  /** A buildpack's verdict with what it said. */
  | {
      readonly kind: 'verdict';
      readonly buildpack: string;
      readonly version: string;
      readonly verdict: 'pass' | 'fail' | 'error' | 'skipped';
      readonly evidence: string;
    }
  /** What became of a layer: `reused` ones are in the previous image too. */
  | { readonly kind: 'layer'; readonly name: string; readonly decision: 'reused' | 'added'; readonly diffId: Digest; readonly sizeBytes: number }
  | { readonly kind: 'delivered'; readonly place: string; readonly name: string; readonly digest: string }
  | { readonly kind: 'time'; readonly phase: PhaseName; readonly milliseconds: number };
