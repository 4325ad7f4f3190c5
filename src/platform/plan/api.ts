import type { Require } from '../../cnb/index.ts';
import type { Digest } from '../../foundation/index.ts';

/** What a build with the same options would do, as far as it can be told without building: docs/plan.md. */
export interface PlannedBuild {
  /** The familiar name of the image. */
  readonly image: string;
  readonly tags: readonly string[];
  /** The application, as the user named it, without credentials. */
  readonly source: string;
  /** `os/arch[/variant]`. */
  readonly platform: string;
  readonly builder: string;
  readonly runImage: { readonly name: string; readonly reference: string };
  /** The image whose layers may be used again; absent: there is none. */
  readonly previousImage?: { readonly imageId: Digest };
  /** Every buildpack and extension that was asked, in the order of asking. */
  readonly modules: readonly PlannedModule[];
  /** What the group provides to itself (`buildpack.md#buildpack-plan-toml`). */
  readonly provisions: readonly Provision[];
  /** What the last build left for this one. */
  readonly layers: readonly PlannedLayer[];
}

export interface PlannedModule {
  readonly kind: 'buildpack' | 'extension';
  readonly id: string;
  readonly version: string;
  readonly verdict: 'pass' | 'fail' | 'error' | 'skipped';
  /** What its bin/detect printed, and why it is an error or was skipped: `package.json:7 ...`. */
  readonly evidence: string;
  /** A buildpack that passes can still drop out, or its whole group can. */
  readonly takesPart: boolean;
  /** The alternatives of the build plan that it wrote, in its order of preference. */
  readonly alternatives: readonly { readonly provides: readonly string[]; readonly requires: readonly Require[] }[];
}

export interface Provision {
  readonly name: string;
  /** Ids; the first of them whose build meets the entry counts. */
  readonly providers: readonly string[];
  readonly requires: readonly Require[];
}

export interface PlannedLayer {
  /** Id of the buildpack. */
  readonly buildpack: string;
  readonly name: string;
  readonly launch: boolean;
  readonly build: boolean;
  readonly cache: boolean;
  /** Where its files are: in the cache; in the previous image alone; nowhere any more. */
  readonly files: 'cache' | 'image' | 'lost';
  /** What it was made from, by name: digests, versions. Empty when its buildpack does not tell. */
  readonly inputs: Readonly<Record<string, string>>;
}
