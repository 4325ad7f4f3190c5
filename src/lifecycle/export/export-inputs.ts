import type { ApiVersion, Group, LaunchMetadata, LauncherRecord, ProjectMetadata } from '../../cnb/index.ts';
import type { EventSink } from '../../foundation/index.ts';
import type { ContainerConfig, DiffId, Image, Layer, LayerWriter } from '../../oci/index.ts';
import type { Analysis } from '../analyze/analyze.ts';
import type { LayerCache } from '../cache/layer-cache.ts';
import type { LifecycleEvent } from '../events.ts';
import type { LayersDirectory } from '../layers-directory.ts';
import type { FolderAbove, LayerOwner } from './layer-specs.ts';

/** The run image of an export, as the label names it (CNB.md C154). */
export interface ExportedRunImage {
  readonly image: Image;
  /** Digest reference or image ID. */
  readonly reference: string;
  readonly name: string;
  readonly mirrors: readonly string[];
  /** What extensions have made of it; `image` stays the image before them, which a rebase replaces. */
  readonly extension?: {
    /** Container settings of the extended image, in the place of the image's. */
    readonly config: ContainerConfig;
    readonly layers: readonly { readonly extensionId: string; readonly createdBy: string; readonly layer: Layer }[];
  };
}

export interface ExportInputs {
  readonly group: Group;
  readonly analysis: Analysis;
  readonly launchMetadata: LaunchMetadata;
  readonly runImage: ExportedRunImage;
  readonly platformApi: ApiVersion;
  readonly owner: LayerOwner;
  /** Folders above `<app>` and layers keep their mode and owner by it (CNB.md C144); otherwise they are 0755 and the owner's. */
  readonly folderAbove?: FolderAbove;
  /** Host folder of the application, and where it lies in the image. */
  readonly appDirectory: string;
  readonly appPath: string;
  /** Mode of `<app>` in the image; absent: that of the folder. */
  readonly appMode?: number;
  readonly layersPath: string;
  /** Host path of the launcher. */
  readonly launcher: string;
  readonly launcherRecord: LauncherRecord;
  readonly projectMetadata: ProjectMetadata;
  readonly execEnv: string;
  readonly defaultProcess?: string;
  /** RFC 3339, of the image and its history; 1980-01-01T00:00:01Z unless asked otherwise (CNB.md C142, C151). */
  readonly created: string;
}

export interface ExportPorts {
  readonly layers: LayersDirectory;
  readonly layerWriter: LayerWriter;
  readonly cache: LayerCache;
  /** A layer whose tar was stored before; undefined when it is gone. */
  readonly storedLayer: (diffId: DiffId, sizeBytes: number) => Layer | undefined;
  readonly events: EventSink<LifecycleEvent>;
}
