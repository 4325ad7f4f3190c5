import type { Executor, HostPath, RootWorkshop } from '../executor/index.ts';
import type { Descriptor, BlobDirectory, Image, ImagePlatform, ImageReference, ImageStore, LayerCompressor } from '../oci/index.ts';
import type { LifecycleEvent } from '../lifecycle/index.ts';
import type { Clock, EventSink } from '../foundation/index.ts';

/** Images in registries, as the phases need them. */
export interface RegistryImages extends ImageStore {
  /** undefined when there is no such image. Throws when it may not be read. */
  resolve(reference: ImageReference): Promise<Descriptor | undefined>;
  /** Throws when nothing could be pushed there. */
  verifyPushAccess(reference: ImageReference): Promise<void>;
}

/** Images in a daemon, as the phases need them. */
export interface DaemonImages extends ImageStore {
  /** The image without its layers' bytes, which are fetched when they are read; `id` is what the daemon calls it. */
  open(reference: ImageReference): Promise<{ readonly id: string; readonly image: Image } | undefined>;
}

/** Where a phase keeps what it makes until it has been written to its place. */
export interface LayerScratch {
  readonly blobs: BlobDirectory;
  readonly compressor: LayerCompressor;
}

/** Who this process is, and how it becomes somebody else for good. */
export interface PhaseUser {
  readonly uid: number;
  readonly gid: number;
  /** Gives up every privilege, groups included. Throws `EPERM` when it may not. */
  become(uid: number, gid: number): void;
  /** Home and name of a user of this machine; undefined when nobody has this id. */
  lookUp(uid: number): { readonly home: string; readonly name: string } | undefined;
}

/** Changes the root that this process lives in; its base is that root as it is at the beginning. */
export interface OwnRoot extends RootWorkshop {
  /** Brings the root to the state that layer folders say. */
  settle(lowers: readonly HostPath[], signal?: AbortSignal): Promise<void>;
  /** The root as a tar in which files are empty, but for those that say who its users are. */
  outline(): AsyncIterable<Uint8Array>;
}

export interface PhaseOutput {
  stdout(bytes: Uint8Array | string): void;
  stderr(bytes: Uint8Array | string): void;
}

/** What a phase program needs of the machine. */
export interface PhasePorts {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly workingDirectory: string;
  readonly temporaryDirectory: string;
  readonly output: PhaseOutput;
  /** Of the lifecycle, as images and platforms are told it. */
  readonly version: string;
  readonly platform: ImagePlatform;
  readonly cores: number;
  readonly user: PhaseUser;
  /** Runs executables here, without a sandbox. */
  readonly executor: Executor;
  /** Works as root alone. `temporaryDirectory` exists; changes there and below `ignoredPaths` do not count. */
  readonly openOwnRoot: (options: { readonly temporaryDirectory: string; readonly ignoredPaths: readonly string[] }) => OwnRoot;
  /** Opens the body of a http or https address. */
  readonly download: (url: string) => AsyncIterable<Uint8Array>;
  readonly clock: Clock;
  /** `/kaniko` for everybody who runs a lifecycle: base images for the extender, and what it keeps. */
  readonly extenderDirectory: string;
  /** Becomes the launcher, as if it had been called with these arguments; where that cannot be, runs it and resolves to its exit code. */
  readonly launch: (args: readonly string[]) => Promise<number>;
  readonly signal: AbortSignal;
  readonly openRegistry: (options: {
    readonly insecureRegistries: readonly string[];
    /** Images whose credentials are looked up now: later they may be out of reach. */
    readonly names: readonly string[];
    readonly scratch: LayerScratch;
    readonly events: EventSink<LifecycleEvent>;
  }) => Promise<RegistryImages>;
  /** Connects now, while privileges are there. Throws `DAEMON_UNREACHABLE`. */
  readonly openDaemon: (scratch: LayerScratch) => Promise<DaemonImages>;
}
