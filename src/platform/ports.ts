import type { BuildpackReference, OrderToml } from '../cnb/index.ts';
import type { EventSink } from '../foundation/index.ts';
import type { Executor, HostPath, Mount } from '../executor/index.ts';
import type { Image, ImagePlatform, ImageReference, ImageStore } from '../oci/index.ts';
import type { Home, LocalStore } from '../store/index.ts';
import type { MountedDirectory } from '../lifecycle/index.ts';
import type { BuildOptions, Task } from './api.ts';
import type { BuildEvent } from './events.ts';
import type { BuildFact } from './build-record.ts';

/** A builder ready to build with: its images are on this machine. */
export interface ResolvedBuilder {
  readonly name: string;
  /** Unpacked build image. */
  readonly root: HostPath;
  readonly user: { readonly uid: number; readonly gid: number; readonly home: string };
  readonly env: Readonly<Record<string, string>>;
  readonly order: OrderToml;
  /** One folder a buildpack, with the place where it is mounted. */
  readonly buildpacks: readonly (MountedDirectory & { readonly reference: BuildpackReference })[];
  /** What bundled buildpacks run on. */
  readonly mounts: readonly Mount[];
  readonly runImage: { readonly image: Image; readonly name: string; readonly reference: string; readonly mirrors: readonly string[] };
  /** What was consumed to get here. */
  readonly facts: readonly BuildFact[];
}

export interface BuilderRequest {
  readonly name: string;
  readonly platform: ImagePlatform;
  readonly frozen: boolean;
  readonly events: EventSink<BuildEvent>;
  readonly signal: AbortSignal;
}

/** Settings of this machine that a build environment needs. */
export interface HostBuildSettings {
  /** Mounted read-only: resolver, CA bundle. */
  readonly mounts: readonly Mount[];
  /** Proxy and CA variables. */
  readonly env: Readonly<Record<string, string>>;
  /** Variables of `<platform>/env` that the user's own tools would use: registry addresses. */
  readonly platformEnv: Readonly<Record<string, string>>;
}

/** Where processes of a build run. */
export interface BuildSandbox {
  readonly executor: Executor;
  /** Prints what `find` with the given arguments prints about a folder of a mounted overlay. */
  readonly listMerged: (overlay: Extract<Mount, { kind: 'overlay' }>, path: string, format: readonly string[]) => Promise<Uint8Array>;
  /** Whether overlays work on the file system of a folder. */
  readonly overlaysWork: (directory: string) => Promise<boolean>;
}

/** The adapters of a build; `compose.ts` makes them. */
export interface BuildPorts {
  readonly home: Home;
  readonly store: LocalStore;
  readonly resolveBuilder: (request: BuilderRequest) => Promise<ResolvedBuilder>;
  readonly openSandbox: (executor: BuildOptions['executor'], events: EventSink<BuildEvent>, signal: AbortSignal) => Promise<BuildSandbox>;
  readonly hostSettings: (root: HostPath) => Promise<HostBuildSettings>;
  readonly registry: (insecureRegistries: readonly string[], events: EventSink<BuildEvent>, signal: AbortSignal) => Promise<ImageStore>;
  readonly daemon: (signal: AbortSignal) => Promise<{ readonly name: string; readonly images: ImageStore }>;
  readonly launcher: { readonly path: (platform: ImagePlatform) => string; readonly version: string };
  readonly hostPlatform: ImagePlatform;
  readonly cores: number;
  /** `SOURCE_DATE_EPOCH` as it is set. */
  readonly sourceDateEpoch: string | undefined;
}

/** The adapters of a rebase; those that need a network are opened when they are first used. */
export interface RebasePorts {
  readonly store: LocalStore;
  /** Which image of an index is meant. */
  readonly platform: ImagePlatform;
  /**
   * The same store each time, so that what it has read is mounted instead of sent. `platforms`: those of an image;
   * undefined when it does not exist, empty when it does not say.
   */
  readonly registry: () => Promise<ImageStore & { readonly platforms: (reference: ImageReference) => Promise<readonly ImagePlatform[] | undefined> }>;
  /** Throws `DAEMON_UNREACHABLE`. */
  readonly daemon: () => Promise<{ readonly name: string; readonly images: ImageStore }>;
  readonly findDaemon: () => Promise<{ readonly name: string; readonly images: ImageStore } | undefined>;
  /** The run image of the bundled builder that gives it this full name, from the builder's current lock; undefined when none does. */
  readonly bundledRunImage: (name: string, platform: ImagePlatform, task: Task) => Promise<Image | undefined>;
  /** `SOURCE_DATE_EPOCH` as it is set. */
  readonly sourceDateEpoch: string | undefined;
}
