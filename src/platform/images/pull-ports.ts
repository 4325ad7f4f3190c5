import type { Clock, EventSink } from '../../foundation/index.ts';
import type { BlobDirectory, Descriptor, Image, ImagePlatform, ImageReference, ImageStore } from '../../oci/index.ts';
import type { Home, LocalStore } from '../../store/index.ts';
import type { BuildEvent } from '../events.ts';
import type { RunImageMirrors } from '../run-image-addresses.ts';
import type { PullPolicy } from '../pull-policy.ts';

/** How long the answer of a registry is waited for. */
export type Patience = 'short' | 'usual';

/** Images in registries, and their layers by themselves. */
export interface RegistryImages extends ImageStore {
  openBlob(reference: ImageReference, descriptor: Descriptor): AsyncIterable<Uint8Array>;
  platforms(reference: ImageReference): Promise<readonly ImagePlatform[] | undefined>;
  /**
   * What a name points to now, without reading it; undefined when there is none. `short` patience is for questions that
   * can do without an answer: one attempt of few seconds.
   */
  resolve(reference: ImageReference, patience: Patience): Promise<Pick<Descriptor, 'digest'> | undefined>;
}

/** The images of Docker or Podman. */
export interface DaemonImages {
  readonly name: string;
  /** Layers that are read go to `blobs`. */
  images(blobs: BlobDirectory): ImageStore;
  /** What `read` would find, without its layers. */
  inspect(reference: ImageReference): Promise<{ readonly id: string; readonly platform: ImagePlatform } | undefined>;
}

export interface PullPorts {
  readonly home: Home;
  readonly store: LocalStore;
  readonly clock: Clock;
  /** Relative paths are against it. */
  readonly workingDirectory: string;
  readonly registry: (insecureRegistries: readonly string[], events: EventSink<BuildEvent>, signal: AbortSignal) => Promise<RegistryImages>;
  /** undefined when no daemon answers. */
  readonly daemon: (signal: AbortSignal) => Promise<DaemonImages | undefined>;
  /** Other names of run images, which the user prefers. */
  readonly runImageMirrors?: RunImageMirrors;
  /** The run image of a bundled builder, by its own name or the builder's. It is made here: nobody else is asked for it. */
  readonly bundledRunImage?: (name: string, request: Pick<PullRequest, 'platform' | 'events' | 'signal'>) => Promise<PulledImage | undefined>;
}

export interface PullRequest {
  /** A name, `docker:<name>`, `oci:<dir>[:<tag>]`, `oci-archive:<file>` or `docker-archive:<file>`. */
  readonly image: string;
  /** What it is, for messages: `builder`, `run image`. */
  readonly role: string;
  readonly platform: ImagePlatform;
  readonly policy: PullPolicy;
  /** Ask the registry before the local store and the daemon, where the policy allows to ask at all. */
  readonly registryFirst?: boolean;
  readonly insecureRegistries: readonly string[];
  /** Where layers that cannot be opened one by one are put. Default: the store. */
  readonly blobs?: BlobDirectory;
  readonly events: EventSink<BuildEvent>;
  readonly signal: AbortSignal;
}

export interface PulledImage {
  readonly image: Image;
  /** As people write it. */
  readonly name: string;
  /** Digest reference where the image has a registry, else the image ID. */
  readonly reference: string;
  /** `local store`, `Docker`, `registry example.com`, `oci:<dir>`. */
  readonly place: string;
}
