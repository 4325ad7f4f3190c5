import type { ModuleKind } from '../../cnb/index.ts';
import type { Digest } from '../../foundation/index.ts';
import type { Output, Task } from '../api.ts';

/** What all verbs that make images of buildpacks and builders share. */
export interface MakingOptions {
  /** Name of the image; of a package in a file, the absolute path of the file. */
  readonly name: string;
  /** Without any, the image goes to the local store. */
  readonly outputs: readonly Output[];
  /** Further names, for every output that has names. */
  readonly tags: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  /** As `--target` takes them; those of the files when there are none. */
  readonly targets: readonly string[];
  /** Each image of an index also gets a tag with its target. */
  readonly appendNameSuffix: boolean;
  /** As `--pull-policy` takes it. Default: always, but what is here does where the registry cannot be reached. */
  readonly pullPolicy?: string;
  readonly insecureRegistries: readonly string[];
}

/** `buildpack package` and `extension package`. */
export interface PackageModuleOptions extends MakingOptions {
  readonly kind: ModuleKind;
  /** Into `.cnb` files instead of images. */
  readonly format: 'image' | 'file';
  /** Absolute path of package.toml; else `path` is packaged. */
  readonly config?: string;
  /** Absolute path of the folder of the buildpack or extension. */
  readonly path: string;
  readonly flatten: boolean;
  /** `id@version` of what keeps a layer of its own. */
  readonly flattenExclude: readonly string[];
}

/** `builder create`. */
export interface CreateBuilderImageOptions extends MakingOptions {
  /** Absolute path of builder.toml. */
  readonly config: string;
  /** Groups of `id@version`, each in one layer. */
  readonly flatten: readonly (readonly string[])[];
  /** Also makes an image with tspack's lifecycle alone, under this name. */
  readonly lifecycleImage?: string;
}

/** `builder publish`. */
export interface PublishBuilderOptions {
  /** Name of a bundled builder. */
  readonly builder: string;
  /** Where the images go, with tags such as `builder-base`. */
  readonly repository: string;
  /** As `--target` takes them; this machine's when there are none. */
  readonly targets: readonly string[];
  readonly insecureRegistries: readonly string[];
}

/** What `builder publish` has pushed. */
export interface PublishedBuilder {
  readonly runImage: MakingResult;
  readonly buildImage: MakingResult;
  readonly lifecycleImage: MakingResult;
  readonly builder: MakingResult;
}

/** An image, or a file, that was made. */
export interface MadeImage {
  /** `linux/amd64`; empty parts are left out. */
  readonly platform: string;
  readonly imageId: Digest;
  /** Where a manifest was written. */
  readonly manifestDigest?: Digest;
  /** `local store`, `registry example.com`, `Docker`, `oci:<dir>`, the path of a file. */
  readonly places: readonly string[];
}

export interface MakingResult {
  readonly name: string;
  readonly images: readonly MadeImage[];
  /** Of several images under one name in a registry. */
  readonly indexDigest?: Digest;
  readonly lifecycleImage?: MakingResult;
}

/** `buildpack new` and `extension new`. */
export interface NewModuleOptions {
  readonly kind: ModuleKind;
  readonly id: string;
  readonly version: string;
  readonly api: string;
  /** Absolute path of the folder to make. */
  readonly path: string;
  /** As `--targets` takes them; this machine's when there are none. */
  readonly targets: readonly string[];
}

/** `buildpack inspect` and `extension inspect`. */
export interface InspectModuleOptions {
  readonly kind: ModuleKind;
  /** Anything that `--buildpack` takes, or `<id>[@<version>]` of a bundled builder. */
  readonly uri: string;
  readonly workingDirectory: string;
  readonly insecureRegistries: readonly string[];
}

export interface DescribedModule {
  readonly id: string;
  readonly version: string;
  readonly name?: string;
  readonly homepage?: string;
  readonly api?: string;
}

export interface DescribedTarget {
  readonly os?: string;
  readonly arch?: string;
  readonly variant?: string;
  readonly distros: readonly { readonly name: string; readonly version: string }[];
}

/** A node of the detection order: a group of buildpacks, each with the groups of its own order. */
export interface DescribedGroup {
  readonly group: readonly {
    readonly id: string;
    readonly version: string;
    readonly optional: boolean;
    /** It contains itself: its groups are not repeated. */
    readonly cyclic: boolean;
    readonly order: readonly DescribedGroup[];
  }[];
}

/** What `buildpack inspect` shows. */
export interface ModuleDescription extends DescribedModule {
  /** `local store`, `Docker`, `registry example.com`, the path of a folder or file, `builder base`. */
  readonly place: string;
  readonly description?: string;
  readonly keywords: readonly string[];
  readonly licenses: readonly { readonly type?: string; readonly uri?: string }[];
  readonly targets: readonly DescribedTarget[];
  readonly stacks: readonly { readonly id: string; readonly mixins: readonly string[] }[];
  /** All that is in it, by id and version. */
  readonly modules: readonly DescribedModule[];
  readonly order: readonly DescribedGroup[];
}

/** Making builders, buildpacks and extensions, and looking at them. */
export interface Making {
  packageModule(options: PackageModuleOptions, task: Task): Promise<MakingResult>;
  /** Pushes a bundled builder, with tspack in it, and the images that it is made of. */
  publishBuilder(options: PublishBuilderOptions, task: Task): Promise<PublishedBuilder>;
  createBuilderImage(options: CreateBuilderImageOptions, task: Task): Promise<MakingResult>;
  /** Returns the files that it wrote, relative to the folder. */
  newModule(options: NewModuleOptions): readonly string[];
  inspectModule(options: InspectModuleOptions, task: Task): Promise<ModuleDescription>;
}
