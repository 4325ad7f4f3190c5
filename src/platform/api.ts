import type { Digest, EventSink } from '../foundation/index.ts';
import type { ImagePlatform } from '../oci/index.ts';
import type { GitSource } from '../source/index.ts';
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

/** Where a layer cache is kept: in the data folder under a name, in a folder of the user, or in an image (pack's `--cache`). */
export type CachePlace =
  | { readonly kind: 'volume'; readonly name?: string }
  /** Absolute; the cache is `<directory>/build-cache`, in the form of the reference lifecycle. */
  | { readonly kind: 'bind'; readonly directory: string }
  /** `from` is read where `name` is not there yet, and never written. */
  | { readonly kind: 'image'; readonly name: string; readonly from?: string };

/** Files for CI systems about a build's result. All paths are absolute. */
export interface ResultFiles {
  /** Gets the digest of the manifest, as kaniko writes it. */
  readonly digest?: string;
  /** Gets each name of the image with the digest, a line each, as kaniko writes them. */
  readonly imageNameWithDigest?: string;
  /** Gets the image ID, as docker and buildah write it. */
  readonly imageId?: string;
  /** Gets buildx' JSON: `containerimage.digest`, `containerimage.config.digest`, `image.name`. */
  readonly metadata?: string;
  /** A folder that gets a file for each result of a Tekton Task: `APP_IMAGE_DIGEST`, `APP_IMAGE_URL`, and what Tekton Chains reads. */
  readonly tektonResults?: string;
  /** Gets a summary in Markdown at its end, as `GITHUB_STEP_SUMMARY` wants it. */
  readonly summary?: string;
}

/** What a user asks of a build. What is absent comes from project.toml, then from defaults ({@link BuildSettings}). */
export interface BuildOptions {
  /** As the user wrote it. */
  readonly image: string;
  /**
   * The application: the path of a folder, or of a zip or tar archive; the address of a git repository, `https://host/repo.git#ref:folder`; or the bytes
   * of an archive.
   */
  readonly path: string | AsyncIterable<Uint8Array>;
  /** Name of a bundled builder, or where an image is; absent: the one that project.toml names. */
  readonly builder?: string;
  /** The builder where neither `builder` nor project.toml names one. */
  readonly defaultBuilder?: string;
  /** Variables for buildpacks (`<platform>/env`); they win over those of project.toml. */
  readonly env: Readonly<Record<string, string>>;
  readonly volumes: readonly Volume[];
  readonly outputs: readonly Output[];
  readonly network: 'host' | 'none';
  /** What buildpacks run in. `auto`: the sandbox, or containers where that does not work and a Docker or Podman answers. */
  readonly executor: 'auto' | 'sandbox' | 'container' | 'inline';
  /** Forget the layer cache of this application first. */
  readonly clearCache: boolean;
  /** Never re-resolve packages that the archive has replaced. */
  readonly frozen: boolean;
  /** Process type of the image's entrypoint; absent: the buildpacks' default. */
  readonly defaultProcess?: string;
  /** Registries that are spoken to without TLS or with a certificate that is not checked. */
  readonly insecureRegistries: readonly string[];
  /** The registry of `image` is one of them. */
  readonly insecure?: boolean;
  /** Where relative paths of the other options start: absolute. Needed where one of them is relative. */
  readonly baseDirectory?: string;
  /** Instead of the builder's order, as the user wrote them; they win over the group of project.toml. */
  readonly buildpacks?: readonly string[];
  readonly extensions?: readonly string[];
  /** Before and after each group of the builder's order. */
  readonly preBuildpacks?: readonly string[];
  readonly postBuildpacks?: readonly string[];
  /** Whether the system buildpacks of the builder take part; default true. */
  readonly systemBuildpacks?: boolean;
  /** Absolute path of the project descriptor; absent: `project.toml` in the source folder, if there is one. */
  readonly descriptor?: string;
  /** More names of the image. */
  readonly tags?: readonly string[];
  readonly runImage?: string;
  /** The image whose layers may be used again; absent: the one that is being built. */
  readonly previousImage?: string;
  readonly cache?: CachePlace;
  /** Seconds since 1970 that the image says it was made at; it wins over `SOURCE_DATE_EPOCH`. */
  readonly creationTime?: number;
  /** Absolute path of the folder that gets report.toml. */
  readonly reportDirectory?: string;
  /** Absolute path of the folder that gets the bills of materials. */
  readonly sbomDirectory?: string;
  readonly resultFiles?: ResultFiles;
  /** Where the application lies in the build environment and in the image; default `/workspace`. */
  readonly workspace?: string;
  /** `CNB_EXEC_ENV`; default `production`. */
  readonly execEnv?: string;
  /** Instead of the builder's user. */
  readonly uid?: number;
  readonly gid?: number;
  /** `always`, `never`, `if-not-present`, ...: when images are asked for in their registries. */
  readonly pullPolicy?: string;
  /** `os/arch[/variant]`; default: this machine's. */
  readonly platform?: string;
  /** OCI layouts get no layers of the run image. */
  readonly sparse?: boolean;
}

/** Options of a build whose application lies in a folder of this machine. */
export interface LocalBuildOptions extends BuildOptions {
  /** Absolute path of the folder. */
  readonly path: string;
  /** Where it was fetched from, when the folder is a copy for this build. */
  readonly origin?: SourceOrigin;
}

export interface SourceOrigin {
  /** As the user named it, without credentials. */
  readonly name: string;
  /** The commit, when it is one of a repository. */
  readonly git?: GitSource;
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
  /** The type of the process that the image starts by itself; absent where it starts none. */
  readonly defaultProcess?: string;
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
  /** Absolute path of the folder that gets the results of a Tekton Task; only with `publish`, for digests are those of a registry. */
  readonly tektonResults?: string;
  readonly insecureRegistries: readonly string[];
}

/** One image that was put on another run image. */
export interface RebasedImage {
  /** `linux/amd64`. */
  readonly platform: string;
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
}

export interface RebaseResult {
  readonly name: string;
  /** Several for an index. */
  readonly images: readonly RebasedImage[];
  /** Of the index, where one was written. */
  readonly indexDigest?: Digest;
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
  /** Whether the application can write to `/tmp` alone, as where an operator forbids the rest. */
  readonly readOnly: boolean;
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
  /** Where the image was found; absent for a bundled builder. */
  readonly place?: string;
  readonly imageId?: string;
  readonly runImage: string;
  /** Other addresses of the run image. */
  readonly runImageMirrors?: readonly string[];
  /** Of Debian, for a bundled builder. */
  readonly suite?: string;
  readonly targets: readonly ImagePlatform[];
  readonly user: { readonly uid: number; readonly gid: number; readonly name?: string };
  /** Version of the lifecycle in the image, and what made it. */
  readonly lifecycle?: string;
  readonly createdBy?: string;
  readonly buildpacks: readonly { readonly id: string; readonly version: string; readonly homepage?: string; readonly name?: string }[];
  readonly extensions?: BuilderDescription['buildpacks'];
  /** Groups in detection order; an element without a version means the only one there is. */
  readonly order: readonly (readonly { readonly id: string; readonly version?: string; readonly optional: boolean }[])[];
  readonly runPackages: readonly { readonly name: string; readonly version: string; readonly sizeBytes: number }[];
  readonly buildPackages: readonly { readonly name: string; readonly version: string; readonly sizeBytes: number }[];
  /** Buildpack and platform APIs of the lifecycle. */
  readonly apis: { readonly buildpack: readonly string[]; readonly platform: readonly string[] };
}

export interface PackageChange {
  /** A builder, or a buildpack with the name of its definition: `static/trixie`. */
  readonly image: string;
  readonly architecture: string;
  readonly name: string;
  readonly from?: string;
  readonly to?: string;
}

/** What `tspack builder update` locks anew. */
export interface UpdateOptions {
  /** A bundled builder. */
  readonly builder: string;
  /** Of its buildpacks those to update alone; none: the builder's images and all its buildpacks. */
  readonly buildpacks: readonly string[];
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
