import type { Digest, InputChange } from '../foundation/index.ts';

export type PhaseName = 'analyzing' | 'detecting' | 'extending' | 'restoring' | 'planning' | 'building' | 'exporting' | 'rebasing';

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
      /** Of a download: who fetched it, `id/version`, and for which of its layers. */
      readonly buildpack?: string;
      readonly layer?: string;
    }
  /** A buildpack's verdict with what it said. */
  | {
      readonly kind: 'verdict';
      readonly buildpack: string;
      readonly version: string;
      readonly verdict: 'pass' | 'fail' | 'error' | 'skipped';
      readonly evidence: string;
    }
  /** A version that a buildpack chose, and the rule by which. `version` is the buildpack's own. */
  | {
      readonly kind: 'choice';
      readonly buildpack: string;
      readonly version: string;
      /** `Node.js`. */
      readonly name: string;
      readonly chosen: string;
      readonly reason: string;
    }
  /** What a buildpack decided about one of its layers, and why; only those that tell. */
  | {
      readonly kind: 'decision';
      /** Its id. */
      readonly buildpack: string;
      readonly version: string;
      readonly layer: string;
      readonly decision: 'reused' | 'made';
      /** `package-lock.json changed`. */
      readonly reason: string;
      /** The first input that changed. */
      readonly change?: InputChange;
      readonly inputs: Readonly<Record<string, string>>;
    }
  /** What became of a layer of the image, and why: `reused` ones are in the previous image too. */
  | {
      readonly kind: 'layer';
      readonly name: string;
      readonly decision: 'reused' | 'added';
      readonly diffId: Digest;
      readonly sizeBytes: number;
      readonly reason: string;
    }
  | { readonly kind: 'delivered'; readonly place: string; readonly name: string; readonly digest: string }
  | { readonly kind: 'time'; readonly phase: PhaseName; readonly milliseconds: number };
