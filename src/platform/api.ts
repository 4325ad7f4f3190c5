import type { Digest, EventSink } from '../foundation/index.ts';
import type { ImagePlatform } from '../oci/index.ts';
import type { BuildEvent } from './events.ts';
import type { BuildRecord } from './build-record.ts';

/** Where a built image goes besides the local store. */
export type Output =
  | { readonly kind: 'registry' }
  | { readonly kind: 'docker' }
  | { readonly kind: 'oci'; readonly path: string }
  | { readonly kind: 'oci-archive'; readonly path: string }
  | { readonly kind: 'docker-archive'; readonly path: string };

/** `--volume SOURCE:TARGET[:ro]`: a host folder that buildpacks see. */
export interface Volume {
  readonly source: string;
  readonly target: string;
  readonly writable: boolean;
}

export interface BuildOptions {
  /** As the user wrote it. */
  readonly image: string;
  /** Absolute path of the source folder. */
  readonly path: string;
  /** Name of a bundled builder. */
  readonly builder: string;
  /** Variables for buildpacks (`<platform>/env`). */
  readonly env: Readonly<Record<string, string>>;
  readonly volumes: readonly Volume[];
  readonly outputs: readonly Output[];
  readonly network: 'host' | 'none';
  /** What buildpacks run in. `auto`: the sandbox, or containers where that does not work and a Docker or Podman answers. */
  readonly executor: 'auto' | 'sandbox' | 'container';
  /** Forget the layer cache of this application first. */
  readonly clearCache: boolean;
  /** Never re-resolve packages that the archive has replaced. */
  readonly frozen: boolean;
  /** Process type of the image's entrypoint; absent: the buildpacks' default. */
  readonly defaultProcess?: string;
  /** Registries that are spoken to without TLS or with a certificate that is not checked. */
  readonly insecureRegistries: readonly string[];
}

export interface BuiltLayer {
  readonly name: string;
  readonly diffId: Digest;
  readonly sizeBytes: number;
  readonly reused: boolean;
}

export interface BuildResult {
  /** The familiar name of the image. */
  readonly name: string;
  readonly imageId: Digest;
  /** Digest of the manifest, when an output has compressed the layers. */
  readonly manifestDigest?: Digest;
  /** Uncompressed size of all layers, run image included. */
  readonly sizeBytes: number;
  /** What was put on the run image, in order. */
  readonly layers: readonly BuiltLayer[];
  readonly milliseconds: number;
  readonly record: BuildRecord;
}

export interface RebaseOptions {
  /** Where the result goes, and what is rebased unless `previousImage` says otherwise: a name, `oci:<dir>[:<tag>]`, `docker:<name>`. */
  readonly image: string;
  /** In the same forms; it is only read. */
  readonly previousImage?: string;
  /** A name, `oci:<dir>[:<tag>]` or `docker:<name>`; absent: the run image that the app image names. */
  readonly runImage?: string;
  /** Names mean images in their registries instead of the local store. */
  readonly publish: boolean;
  /** In spite of another target, an unknown run image, or a label that forbids it. */
  readonly force: boolean;
  /** Absolute path of the folder that gets report.toml. */
  readonly reportDirectory?: string;
  readonly insecureRegistries: readonly string[];
}

export interface RebaseResult {
  readonly name: string;
  readonly imageId: Digest;
  /** Digest of the manifest, in a registry or a layout. */
  readonly manifestDigest?: Digest;
  /** The new base: digest reference or image ID. */
  readonly baseReference: string;
  /** Whether the image is another one than before. */
  readonly changed: boolean;
  /** Numbers of layers. */
  readonly oldBaseLayers: number;
  readonly newBaseLayers: number;
  readonly appLayers: number;
  readonly milliseconds: number;
}

export interface PublishedPort {
  /** Default 127.0.0.1. */
  readonly hostAddress: string;
  readonly hostPort: number;
  readonly containerPort: number;
}

export interface RunOptions {
  readonly image: string;
  /** `auto`: Docker or Podman when one answers, else the sandbox. */
  readonly runtime: 'auto' | 'sandbox' | 'docker';
  readonly ports: readonly PublishedPort[];
  readonly env: Readonly<Record<string, string>>;
  readonly process?: string;
  readonly args: readonly string[];
  readonly stdout: (bytes: Uint8Array) => void;
  readonly stderr: (bytes: Uint8Array) => void;
  readonly interactive: boolean;
}

export interface RunExit {
  readonly code: number | undefined;
  readonly signal: string | undefined;
}

/** Where an image that is read may lie: `auto` asks the local store, then the daemon, then the registry. */
export interface ImageLocation {
  /** A name, an image ID, `oci:<dir>[:<tag>]`, or `docker:<name>`. */
  readonly image: string;
  readonly remote: boolean;
  readonly insecureRegistries: readonly string[];
}

/** What `tspack inspect` shows; the fields of pack's JSON form and more. */
export interface ImageDescription {
  readonly name: string;
  /** `local store`, `docker`, `registry example.com`, `oci:<dir>`. */
  readonly place: string;
  readonly imageId: Digest;
  readonly manifestDigest?: Digest;
  readonly platform: ImagePlatform;
  readonly created?: string;
  readonly sizeBytes?: number;
  readonly user?: string;
  readonly baseImage?: { readonly topLayer: string; readonly reference: string };
  readonly runImages: readonly string[];
  readonly rebasable: boolean;
  readonly buildpacks: readonly { readonly id: string; readonly version: string; readonly homepage?: string }[];
  readonly processes: readonly {
    readonly type: string;
    readonly default: boolean;
    readonly shell: string;
    readonly command: string;
    readonly args: readonly string[];
    readonly workingDirectory?: string;
  }[];
  readonly layers: readonly { readonly diffId: Digest; readonly sizeBytes?: number; readonly createdBy?: string }[];
}

export interface BuilderSummary {
  readonly name: string;
  readonly description: string;
}

export interface BuilderDescription extends BuilderSummary {
  readonly runImage: string;
  readonly suite: string;
  readonly targets: readonly ImagePlatform[];
  readonly user: { readonly uid: number; readonly gid: number; readonly name: string };
  readonly buildpacks: readonly { readonly id: string; readonly version: string; readonly homepage?: string; readonly name?: string }[];
  /** Groups in detection order. */
  readonly order: readonly (readonly { readonly id: string; readonly version: string; readonly optional: boolean }[])[];
  readonly runPackages: readonly { readonly name: string; readonly version: string; readonly sizeBytes: number }[];
  readonly buildPackages: readonly { readonly name: string; readonly version: string; readonly sizeBytes: number }[];
  /** Buildpack and platform APIs of the lifecycle. */
  readonly apis: { readonly buildpack: readonly string[]; readonly platform: readonly string[] };
}

export interface PackageChange {
  readonly image: string;
  readonly architecture: string;
  readonly name: string;
  readonly from?: string;
  readonly to?: string;
}

/** One finding of `tspack doctor`. */
export interface DoctorFinding {
  readonly topic: string;
  readonly status: 'ok' | 'info' | 'problem';
  readonly message: string;
  readonly nextStep?: string;
}

export interface Task {
  readonly events: EventSink<BuildEvent>;
  readonly signal: AbortSignal;
}

/** Everything the command line does. */
export interface Tspack {
  build(options: BuildOptions, task: Task): Promise<BuildResult>;
  run(options: RunOptions, task: Task): Promise<RunExit>;
  rebase(options: RebaseOptions, task: Task): Promise<RebaseResult>;
  inspectImage(location: ImageLocation, task: Task): Promise<ImageDescription>;
  /** Writes `layers/sbom/launch/...` below the folder, as pack does; returns the files. */
  downloadSbom(location: ImageLocation, directory: string, task: Task): Promise<readonly string[]>;
  builders(): readonly BuilderSummary[];
  inspectBuilder(name: string): BuilderDescription;
  updateBuilder(name: string, task: Task): Promise<readonly PackageChange[]>;
  doctor(task: Task): Promise<readonly DoctorFinding[]>;
}
