import type { Digest } from '../../foundation/index.ts';
import type { ImageLocation, Task } from '../api.ts';
import type { ImageDifference } from './diff/api.ts';

/** One name of an image in the local store. */
export interface ListedImage {
  /** As people write it: `myapp`, `registry.example.com/team/app:1`. */
  readonly name: string;
  readonly imageId: Digest;
  /** Digest of the manifest, once an output has made one. */
  readonly manifestDigest?: Digest;
  readonly platform: string;
  /** Bytes of all layers, uncompressed. */
  readonly sizeBytes: number;
  /** RFC 3339: when the image says that it was made, and when it got this name. */
  readonly created?: string;
  readonly updated?: string;
}

/** Which images are listed; all of it must fit. */
export interface ImageFilter {
  /** A name, whose tag may be left out for all tags, or a pattern with `*` and `?`. */
  readonly reference?: readonly string[];
  /** Names or IDs of images: only those that got their name earlier, or later. */
  readonly before?: readonly string[];
  readonly since?: readonly string[];
  /** `key` or `key=value`. */
  readonly label?: readonly string[];
}

/** What {@link ImageVerbs.removeImages} did. */
export interface RemovedImages {
  /** Names that are gone. */
  readonly untagged: readonly string[];
  /** IDs of images that have no name any more. */
  readonly deleted: readonly Digest[];
  /** What was asked for and is not here, when that was not an error. */
  readonly missing: readonly string[];
  /** Bytes that are free now. */
  readonly freedBytes: number;
}

export interface PullOptions {
  /** A name in a registry, or `docker:<name>`. */
  readonly image: string;
  /** `os/arch[/variant]`; default: this machine's. */
  readonly platform?: string;
  readonly insecureRegistries: readonly string[];
}

export interface PushOptions {
  /** A name or ID in the local store. */
  readonly image: string;
  /** Names to push it under; none: its own. */
  readonly destinations: readonly string[];
  readonly insecureRegistries: readonly string[];
}

/** An image that now stands under a name. */
export interface StoredImage {
  readonly name: string;
  readonly imageId: Digest;
  readonly manifestDigest?: Digest;
}

/** What was pushed under one name. `digest` is that of the manifest, or of an index over several platforms. */
export interface PushedImage {
  readonly name: string;
  readonly digest: Digest;
}

export interface SaveOptions {
  readonly images: readonly string[];
  readonly format: 'docker' | 'oci';
}

/** One step of an image's history, newest first. */
export interface HistoryStep {
  /** Of the topmost step. */
  readonly imageId?: Digest;
  readonly created?: string;
  readonly createdBy: string;
  readonly comment?: string;
  /** Bytes of its layer, uncompressed; 0 where it made none; absent where nobody has told. */
  readonly sizeBytes?: number;
  readonly diffId?: Digest;
}

/** Something that takes space in the data folder. */
export interface UsedSpace {
  /** `image`: what no other image needs; `shared`: of several images; `unneeded`: blobs of none; `cache`; `left-over` of killed processes. */
  readonly kind: 'image' | 'shared' | 'unneeded' | 'cache' | 'left-over';
  readonly id: string;
  readonly description: string;
  readonly sizeBytes: number;
  /** Whether `prune` removes it without being told to remove images. */
  readonly reclaimable: boolean;
  /** RFC 3339. */
  readonly lastUsed?: string;
}

export interface DiskUsage {
  readonly items: readonly UsedSpace[];
  readonly reclaimableBytes: number;
  readonly totalBytes: number;
}

export interface PruneRequest {
  /** Images too, with their names. */
  readonly images: boolean;
  /** What was used within so many milliseconds stays; 0: nothing. */
  readonly keepMilliseconds: number;
  /** Nothing more is removed once everything together takes no more than this; 0: no such limit. */
  readonly keepBytes: number;
  /** Only say what would be removed. */
  readonly dryRun: boolean;
}

export interface PruneResult {
  readonly removed: readonly UsedSpace[];
  readonly freedBytes: number;
  /** What is left. */
  readonly totalBytes: number;
}

export interface LoginOptions {
  /** A host with optional port; Docker Hub's names are one. */
  readonly registry: string;
  readonly username: string;
  readonly password: string;
  readonly insecureRegistries: readonly string[];
}

/** Where credentials are now: a file, or the credential helper that keeps them. */
export interface StoredCredential {
  readonly place: string;
  /** Whether they lie there as anybody can read them who can read the file. */
  readonly plainText: boolean;
}

/** The verbs on images of the local store, with the names and meanings that img and docker give them. */
export interface ImageVerbs {
  /** Throws `IMAGE_FILTER_INVALID`, `IMAGE_NOT_FOUND`. */
  listImages(filter: ImageFilter): Promise<readonly ListedImage[]>;
  /**
   * Takes names away, and with the last of them the image. An image that is given by its ID goes with all its names when
   * it has one, or with `force`. Nothing is removed when one of them is missing, unless `force`. Throws
   * `IMAGE_NOT_FOUND`, `IMAGE_HAS_NAMES`, `IMAGE_AMBIGUOUS`.
   */
  removeImages(images: readonly string[], options: { readonly force: boolean }, task: Task): Promise<RemovedImages>;
  /** Returns the names. Throws `IMAGE_NOT_FOUND`. */
  tagImage(image: string, names: readonly string[], task: Task): Promise<readonly string[]>;
  /** Takes an image of a registry or daemon into the local store, its digest included. */
  pullImage(options: PullOptions, task: Task): Promise<StoredImage>;
  /** A name with images for several platforms is pushed as an index. */
  pushImage(options: PushOptions, task: Task): Promise<readonly PushedImage[]>;
  /** Looks for the images at once; their bytes come when they are read. Throws `IMAGE_NOT_FOUND`. */
  saveImages(options: SaveOptions, task: Task): Promise<AsyncIterable<Uint8Array>>;
  /** The same into a file, which appears complete or not at all. Throws `OUTPUT_UNUSABLE`, too. */
  saveImagesTo(path: string, options: SaveOptions, task: Task): Promise<void>;
  /** Reads an archive of any form, plain or compressed, of a file or a stream. `name`: for an image that has none in it. Throws `IMAGE_NAME_MISSING`. */
  loadImages(source: string | AsyncIterable<Uint8Array>, options: { readonly name?: string }, task: Task): Promise<readonly StoredImage[]>;
  imageHistory(location: ImageLocation, task: Task): Promise<readonly HistoryStep[]>;
  /** Writes the files of an image into a new or empty folder; everything belongs to the caller. Throws `UNPACK_TARGET_USED`. */
  unpackImage(location: ImageLocation, directory: string, task: Task): Promise<void>;
  diffImages(one: ImageLocation, other: ImageLocation, task: Task): Promise<ImageDifference>;
  diskUsage(): Promise<DiskUsage>;
  prune(request: PruneRequest, task: Task): Promise<PruneResult>;
  /** Asks the registry first. Throws `REGISTRY_UNAUTHORIZED`, `REGISTRY_AUTH_INVALID`. */
  login(options: LoginOptions, task: Task): Promise<StoredCredential>;
  /** undefined when there was nothing to forget. */
  logout(registry: string): Promise<StoredCredential | undefined>;
}
