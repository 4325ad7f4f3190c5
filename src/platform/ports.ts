import type { ApiVersion, BuildpackReference, OrderToml, RunImageEntry, SystemToml } from '../cnb/index.ts';
import type { Clock, Digest, EventSink } from '../foundation/index.ts';
import type { Executor, HostPath, Mount, RootWorkshop } from '../executor/index.ts';
import type { Artifact, BlobDirectory, Image, ImagePlatform, ImageReference, ImageStore, ManifestBytes } from '../oci/index.ts';
import type { RunGit } from '../source/index.ts';
import type { DownloadStore, Home, LocalStore, RecordStore, SbomStore } from '../store/index.ts';
import type { MountedDirectory } from '../lifecycle/index.ts';
import type { BuildOptions, Task } from './api.ts';
import type { BuildEvent } from './events.ts';
import type { BuildFact } from './build-fact.ts';
import type { PullPorts } from './images/pull-ports.ts';
import type { PullPolicy } from './pull-policy.ts';
import type { RunImageMirrors } from './run-image-addresses.ts';

/** Where a buildpack or an image extension comes from. */
export type ModuleSource =
  /** Anything that `--buildpack` takes, as it was written; relative paths are against `baseDirectory`. */
  | { readonly kind: 'uri'; readonly uri: string; readonly baseDirectory: string }
  /** One of the builder. Without a version: the only one it has. */
  | { readonly kind: 'reference'; readonly id: string; readonly version?: string }
  /** A script of project.toml (CNB.md C205). */
  | { readonly kind: 'inline'; readonly id: string; readonly version?: string; readonly api: string; readonly shell: string; readonly script: string };

export interface ModuleRequest {
  readonly source: ModuleSource;
  readonly optional: boolean;
}

/** What the user adds to a builder's order (CNB.md C197): `group` replaces the order, `pre` and `post` go around every group. */
export interface ModuleSelection {
  readonly group?: readonly ModuleRequest[];
  /** In the place of the builder's order of extensions. */
  readonly extensions?: readonly ModuleRequest[];
  readonly pre: readonly ModuleRequest[];
  readonly post: readonly ModuleRequest[];
}

/** A buildpack or extension that is mounted into the build environment. */
export type MountedModule = MountedDirectory & { readonly reference: BuildpackReference };

/** A builder ready to build with: its images are on this machine. */
export interface ResolvedBuilder {
  readonly name: string;
  /** Unpacked build image. */
  readonly root: HostPath;
  /** The image that `root` was unpacked from, with its owners. Layers that cannot be opened one by one go to `blobs`. Absent where the root is all there is. */
  readonly openImage?: (blobs: BlobDirectory) => Promise<Image>;
  readonly user: { readonly uid: number; readonly gid: number; readonly home: string };
  readonly env: Readonly<Record<string, string>>;
  /** The Platform API to build with: the newest that tspack and the builder's lifecycle share (CNB.md C199). */
  readonly platformApi: ApiVersion;
  /** What the user selected is in it. */
  readonly order: OrderToml;
  readonly system?: SystemToml;
  /** One folder a buildpack, with the place where it is mounted; they win over those in `moduleFolders`. */
  readonly buildpacks: readonly MountedModule[];
  readonly extensions: readonly MountedModule[];
  /** Folders inside the root that hold `<id>/<version>/`: a foreign builder's /cnb/buildpacks and /cnb/extensions. */
  readonly moduleFolders: { readonly buildpacks: readonly MountedDirectory[]; readonly extensions: readonly MountedDirectory[] };
  /** What bundled buildpacks run on. */
  readonly mounts: readonly Mount[];
  /** The operator's `<build-config>` inside the root. */
  readonly buildConfig?: MountedDirectory;
  /** Variables that the builder itself brings as `<platform>/env`; the user's win. */
  readonly platformEnv: Readonly<Record<string, string>>;
  /** What run.toml lists; the first is the default. */
  readonly runImages: readonly RunImageEntry[];
  /** Label `io.buildpacks.stack.id`, which only Platform APIs below 0.12 look at. */
  readonly stackId?: string;
  /** `reference` is a digest reference where the image has a registry, else the image ID. */
  readonly runImage: { readonly image: Image; readonly name: string; readonly reference: string; readonly mirrors: readonly string[] };
  /** What was consumed to get here. */
  readonly facts: readonly BuildFact[];
}

export interface BuilderRequest {
  /** A bundled builder, an image name, `docker:<name>`, `oci:<dir>[:<tag>]`, `oci-archive:<file>` or `docker-archive:<file>`. */
  readonly name: string;
  readonly platform: ImagePlatform;
  readonly frozen: boolean;
  readonly modules: ModuleSelection;
  /** In the same forms; absent: the builder's default. */
  readonly runImage?: string;
  /** The image that is built: mirrors of the run image in its registry are preferred (CNB.md C026). */
  readonly registry?: string;
  readonly pullPolicy: PullPolicy;
  readonly insecureRegistries: readonly string[];
  /** Whether the image is built for a registry, whose run image a daemon need not have. */
  readonly publish: boolean;
  /** In the place of CNB_USER_ID and CNB_GROUP_ID of the builder. */
  readonly user?: { readonly uid?: number; readonly gid?: number };
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
  /** What of this machine's settings is not taken over, one sentence each. */
  readonly warnings: readonly string[];
}

/** Where processes of a build run. */
export interface BuildSandbox {
  readonly executor: Executor;
  /** Processes run in the root of this machine, where nothing can be mounted. */
  readonly inPlace?: boolean;
  /** Prints what `find` with the given arguments prints about a folder of a mounted overlay. */
  readonly listMerged: (overlay: Extract<Mount, { kind: 'overlay' }>, path: string, format: readonly string[]) => Promise<Uint8Array>;
  /** Whether overlays work on the file system of a folder. */
  readonly overlaysWork: (directory: string) => Promise<boolean>;
  /** Where roots are changed as root, for image extensions. Absent: not possible here. */
  readonly openWorkshop?: () => Promise<RootWorkshop>;
}

/** Images in registries. */
export interface RegistryImages extends ImageStore {
  /** Whether the user may push to a repository; throws what the registry says when not. */
  readonly repository: (reference: ImageReference) => { readonly verifyPushAccess: () => Promise<void> };
}

/** Images in registries, and what refers to them. */
export interface ReferrerRegistry extends RegistryImages {
  /** Adds an artifact that refers to a manifest of the repository. */
  readonly attach: (place: ImageReference, subject: Digest, artifact: Artifact) => Promise<void>;
}

/** What image extensions bring in: other run images, downloads, and the build image as their base. */
export interface ExtensionPorts {
  readonly pull: PullPorts;
  /** Downloads a file, or finds what it downloaded before; returns its path. */
  readonly download: (url: string, events: EventSink<BuildEvent>, signal: AbortSignal) => Promise<string>;
  /** An unpacked image as one tar, everything root's. */
  readonly openRootTar: (root: string) => AsyncIterable<Uint8Array>;
}

/** The adapters of a build; `compose.ts` makes them. */
export interface BuildPorts {
  readonly home: Home;
  readonly store: LocalStore;
  readonly downloads: DownloadStore;
  readonly sboms: SbomStore;
  readonly records: RecordStore;
  readonly clock: Clock;
  readonly resolveBuilder: (request: BuilderRequest) => Promise<ResolvedBuilder>;
  readonly openSandbox: (executor: BuildOptions['executor'], events: EventSink<BuildEvent>, signal: AbortSignal) => Promise<BuildSandbox>;
  readonly hostSettings: (root: HostPath) => Promise<HostBuildSettings>;
  readonly registry: (insecureRegistries: readonly string[], events: EventSink<BuildEvent>, signal: AbortSignal) => Promise<ReferrerRegistry>;
  readonly daemon: (signal: AbortSignal) => Promise<{ readonly name: string; readonly images: ImageStore }>;
  /** What image extensions may bring in. */
  readonly extensions: ExtensionPorts;
  /** For sources in repositories. */
  readonly runGit: RunGit;
  readonly launcher: { readonly path: (platform: ImagePlatform) => string; readonly version: string };
  readonly hostPlatform: ImagePlatform;
  readonly cores: number;
  /** `SOURCE_DATE_EPOCH` as it is set. */
  readonly sourceDateEpoch: string | undefined;
}

/** A registry that images and indexes are put into. */
export interface PublishingRegistry extends ImageStore {
  /** Puts an index under its names; the images that it lists are there already. */
  readonly writeIndex: (index: ManifestBytes, references: readonly ImageReference[]) => Promise<void>;
}

/** Images in registries, and the indexes over them. */
export interface IndexedImages extends PublishingRegistry {
  /** undefined when there is none of that name, or it is one image. */
  readonly readIndex: (reference: ImageReference) => Promise<ManifestBytes | undefined>;
}

/** The adapters of a rebase; those that need a network are opened when they are first used. */
export interface RebasePorts {
  readonly home: Home;
  readonly store: LocalStore;
  /** Which image of an index is meant. */
  readonly platform: ImagePlatform;
  /** The same store each time, so that what it has read is mounted instead of sent. */
  readonly registry: () => Promise<IndexedImages>;
  /** Throws `DAEMON_UNREACHABLE`. */
  readonly daemon: () => Promise<{ readonly name: string; readonly images: ImageStore }>;
  readonly findDaemon: () => Promise<{ readonly name: string; readonly images: ImageStore } | undefined>;
  /** The run image of the bundled builder that has this name or gives it to its run image, from the builder's current lock; undefined when none does. */
  readonly bundledRunImage: (name: string, platform: ImagePlatform, task: Task) => Promise<ResolvedBuilder['runImage'] | undefined>;
  /** Other names of run images, which the user prefers. */
  readonly runImageMirrors?: RunImageMirrors;
  /** `SOURCE_DATE_EPOCH` as it is set. */
  readonly sourceDateEpoch: string | undefined;
}
