import type { Require } from '../../cnb/index.ts';
import type { Digest, InputChange } from '../../foundation/index.ts';

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
  readonly previousImage?: PreviousImage;
  /** Every buildpack and extension that was asked, in the order of asking. */
  readonly modules: readonly PlannedModule[];
  /** What the group provides to itself (`buildpack.md#buildpack-plan-toml`). */
  readonly provisions: readonly Provision[];
  /** The group, in order. */
  readonly buildpacks: readonly PlannedBuildpack[];
  readonly fetch: PlannedFetch;
}

/** `built` (ISO 8601) and `milliseconds` are known where it was built on this machine. */
export interface PreviousImage {
  readonly imageId: Digest;
  readonly built?: string;
  readonly milliseconds?: number;
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

/** What a buildpack of the group would do. */
export interface PlannedBuildpack {
  readonly id: string;
  readonly version: string;
  /**
   * `all`: everything that it decides; `part`: up to `end`; `nothing`: only its build can tell; `failed`: its build would fail as its
   * plan did.
   */
  readonly told: 'all' | 'part' | 'nothing' | 'failed';
  /** Why not all of it, and at which layer. */
  readonly end?: { readonly layer?: string; readonly reason: string };
  /** One before it has not told all: what that one makes may change this. */
  readonly provisional: boolean;
  /** The versions that it chose, each with the rule by which. */
  readonly choices: readonly { readonly name: string; readonly version: string; readonly reason: string }[];
  readonly layers: readonly PlannedLayer[];
  /** What its plan printed. */
  readonly output: string;
}

export interface PlannedLayer {
  readonly name: string;
  /** Absent where only the build can tell. */
  readonly types?: { readonly launch: boolean; readonly build: boolean; readonly cache: boolean };
  /** As the last build left it; absent for one that it did not have. */
  readonly known?: KnownLayer;
  /** `open`: only the build can tell; `dropped`: nobody wants it any more. */
  readonly decision: 'reused' | 'made' | 'open' | 'dropped';
  /** `package-lock.json changed`. */
  readonly reason?: string;
  /** The first input that changed. */
  readonly change?: InputChange;
  /** What it is made from now, by name. Empty when its buildpack does not tell. */
  readonly inputs: Readonly<Record<string, string>>;
  readonly downloads: readonly PlannedDownload[];
}

export interface KnownLayer {
  readonly types: { readonly launch: boolean; readonly build: boolean; readonly cache: boolean };
  /** Where its files are: in the cache; in the previous image alone; nowhere any more. */
  readonly files: 'cache' | 'image' | 'lost';
  /** What it was made from. */
  readonly inputs: Readonly<Record<string, string>>;
}

/** A file that a layer is made of. */
export interface PlannedDownload {
  readonly label: string;
  /** Absent where it depends on the mirror. */
  readonly url?: string;
  readonly digest: string;
  /** Absent where nobody knows before it is fetched. */
  readonly sizeBytes?: number;
  /** `store`: this machine has it already. */
  readonly from: 'network' | 'store';
}

/** What the build would fetch, as far as it is known. */
export interface PlannedFetch {
  /** The sum of all known sizes. */
  readonly bytes: number;
  readonly files: number;
  /** How many of the files have a size that is not known. */
  readonly unknownSizes: number;
  /** Whether that is all: every buildpack has told everything. */
  readonly complete: boolean;
}
