import type { HostPath, LayerTarSource, Mount, RootWorkshop } from '../executor/index.ts';
import type { EventSink } from '../foundation/index.ts';
import type { DiffId, HistoryEntry, Image, Layer, LayerWriter } from '../oci/index.ts';
import type { DockerContainerConfig } from './container-config.ts';
import type { DockerfilePlace } from './dockerfile-error.ts';
import type { RootIndex } from './root-index.ts';

/** An image to build on. */
export interface BaseImage {
  /** What it is made of, as text; equal for equal content. */
  readonly key: string;
  readonly config: DockerContainerConfig;
  readonly platform: Pick<Image['config'], 'os' | 'architecture' | 'variant'>;
  /** Its layers as plain tars, base first. */
  readonly layers: readonly LayerTarSource[];
  /** Absolute paths where something will be mounted while commands run; those it lacks are made once, outside of every layer. */
  readonly mountPoints?: readonly { readonly path: string; readonly type: 'file' | 'directory' }[];
}

/** A layer that an instruction made. */
export interface AppliedLayer {
  /** Absent where no layer writer was given. */
  readonly layer?: Layer;
  /** The instruction, for the history. */
  readonly createdBy: string;
}

/** An image as far as its instructions have come: what a stage starts from, and what it becomes. Immutable. */
export interface StageImage {
  readonly key: string;
  readonly config: DockerContainerConfig;
  readonly platform: BaseImage['platform'];
  /** Layer folders, the nearest first, the base last. They are the cache's. */
  readonly lowers: readonly HostPath[];
  readonly index: RootIndex;
  /** What has been put on the base, in order. */
  readonly added: readonly AppliedLayer[];
  /** All layers as tars, base first; undefined when some have none. */
  readonly tars: readonly LayerTarSource[] | undefined;
  /** What the instructions add to the history, those without a layer included. */
  readonly history: readonly HistoryEntry[];
}

/** What an execution tells. */
export type DockerfileEvent =
  | { readonly kind: 'message'; readonly level: 'debug' | 'info' | 'warning'; readonly message: string }
  /** An instruction begins; `cached`: its layer is there already. */
  | { readonly kind: 'instruction'; readonly file: string; readonly line: number; readonly source: string; readonly cached: boolean }
  /** What a RUN prints, as it comes. */
  | { readonly kind: 'output'; readonly stream: 'stdout' | 'stderr'; readonly bytes: Uint8Array };

/** What the commands of RUN see of the machine; nothing of it belongs to the image. */
export interface RunSurroundings {
  readonly mounts: readonly Mount[];
  /** Proxies and the like; the image's variables and arguments win. */
  readonly env: Readonly<Record<string, string>>;
  readonly network: 'host' | 'none';
  readonly hostname: string;
}

export interface DockerfilePorts {
  readonly workshop: RootWorkshop;
  /** The image that a FROM or `--from` names, opened with {@link openBase}. Throws what it likes; `place` says who asks. */
  readonly base: (name: string, place: DockerfilePlace) => Promise<StageImage>;
  /** Writes the layers; without it there is only the root that they make together. */
  readonly layerWriter?: LayerWriter;
  /** A layer whose tar was written before; undefined when it is gone. */
  readonly storedLayer?: (diffId: DiffId, sizeBytes: number) => Layer | undefined;
  /** Opens the body of a http or https address, redirects followed. */
  readonly download: (url: string) => AsyncIterable<Uint8Array>;
  /** Instruction layers by what they were made of. Removing it, through the workshop, loses only time. */
  readonly cache: InstructionCachePlace;
  /** Folder of this build alone, for what is copied and downloaded; its owner removes it. */
  readonly workDirectory: string;
  readonly events: EventSink<DockerfileEvent>;
}

/** Where instruction layers are kept. */
export interface InstructionCachePlace {
  readonly directory: string;
  /** Names this process, so that another can tell whether what it was making is still being made. */
  readonly tag: string;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Older layers are made again. Default two weeks, as kaniko has it. */
  readonly maximumAgeMilliseconds?: number;
}
