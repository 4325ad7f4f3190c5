import { EMPTY_LIFECYCLE_METADATA, LABELS, parseLifecycleMetadataLabel } from '../../cnb/index.ts';
import { imagePlatform } from '../../oci/index.ts';
import { imageTarget } from './image-target.ts';
import type { ImageTarget, LifecycleMetadataLabel } from '../../cnb/index.ts';
import type { EventSink } from '../../foundation/index.ts';
import type { Image, ImageReference, ImageStore } from '../../oci/index.ts';
import type { LifecycleEvent } from '../events.ts';

export interface AnalyzeInputs {
  /** The image whose layers may be used again; usually the one that is being built. */
  readonly previousImage: ImageReference;
  readonly runImage: Image;
}

export interface AnalyzePorts {
  readonly images: ImageStore;
  readonly events: EventSink<LifecycleEvent>;
}

/** What later phases know of the images (analyzed.toml). */
export interface Analysis {
  readonly previousImage?: Image;
  /** Of the previous image; empty when there is none. */
  readonly metadata: LifecycleMetadataLabel;
  readonly target: ImageTarget;
}

/**
 * Reads what the previous image says of its layers (platform.md#analyzer, CNB.md C021-C027). No previous image, or
 * one whose label cannot be read, is no error.
 */
export async function analyze(inputs: AnalyzeInputs, ports: AnalyzePorts): Promise<Analysis> {
  const { runImage } = inputs;
  const target = imageTarget(runImage);
  const previousImage = await ports.images.read(inputs.previousImage, imagePlatform(runImage));
  const label = previousImage?.config.config?.Labels?.[LABELS.lifecycleMetadata];
  if (previousImage === undefined || label === undefined) return { metadata: EMPTY_LIFECYCLE_METADATA, target };
  if (previousImage.config.rootfs.diff_ids.length !== previousImage.layers.length) {
    ports.events({ kind: 'message', level: 'warning', message: 'Ignoring the previous image: its config and its layers do not agree' });
    return { metadata: EMPTY_LIFECYCLE_METADATA, target };
  }
  try {
    return { previousImage, metadata: parseLifecycleMetadataLabel(label), target };
  } catch (error) {
    ports.events({ kind: 'message', level: 'warning', message: `Ignoring the previous image: ${(error as Error).message}` });
    return { metadata: EMPTY_LIFECYCLE_METADATA, target };
  }
}
