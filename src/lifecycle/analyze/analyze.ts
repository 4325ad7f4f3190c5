import { EMPTY_LIFECYCLE_METADATA, LABELS, parseLifecycleMetadataLabel } from '../../cnb/index.ts';
import { TspackError } from '../../foundation/index.ts';
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
  /** The execution environment to build for; layers of another one are not used again (CNB.md C096, C211). Absent: not looked at. */
  readonly execEnv?: string;
}

export interface AnalyzePorts {
  readonly images: Pick<ImageStore, 'read'>;
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
 * one that is damaged or whose label cannot be read, is no error.
 */
export async function analyze(inputs: AnalyzeInputs, ports: AnalyzePorts): Promise<Analysis> {
  const { runImage } = inputs;
  const target = imageTarget(runImage);
  const previousImage = await readPrevious(inputs, ports);
  const label = previousImage?.config.config?.Labels?.[LABELS.lifecycleMetadata];
  if (previousImage === undefined || label === undefined) return { metadata: EMPTY_LIFECYCLE_METADATA, target };
  if (previousImage.config.rootfs.diff_ids.length !== previousImage.layers.length) {
    ports.events({ kind: 'message', level: 'warning', message: 'Ignoring the previous image: its config and its layers do not agree' });
    return { metadata: EMPTY_LIFECYCLE_METADATA, target };
  }
  if (inputs.execEnv !== undefined && execEnvOf(previousImage) !== inputs.execEnv) {
    const message = `Ignoring the layers of the previous image: it is for the execution environment ${execEnvOf(previousImage)}, not ${inputs.execEnv}`;
    ports.events({ kind: 'message', level: 'info', message });
    return { metadata: EMPTY_LIFECYCLE_METADATA, target };
  }
  try {
    return { previousImage, metadata: parseLifecycleMetadataLabel(label), target };
  } catch (error) {
    ports.events({ kind: 'message', level: 'warning', message: `Ignoring the previous image: ${(error as Error).message}` });
    return { metadata: EMPTY_LIFECYCLE_METADATA, target };
  }
}

/** What a registry has lost or damaged of the previous image costs only time: the new one takes its place. */
async function readPrevious({ previousImage, runImage }: AnalyzeInputs, { images, events }: AnalyzePorts): Promise<Image | undefined> {
  try {
    return await images.read(previousImage, imagePlatform(runImage));
  } catch (error) {
    if (!(error instanceof TspackError) || !DAMAGES.has(String(error.code))) throw error;
    events({ kind: 'message', level: 'warning', message: `Ignoring the previous image: ${error.message}` });
    return undefined;
  }
}

const DAMAGES: ReadonlySet<string> = new Set(['BLOB_NOT_FOUND', 'DIGEST_MISMATCH', 'MANIFEST_INVALID']);

/** Images of platforms below Platform API 0.15 do not say it; there is only one then. */
function execEnvOf(image: Image): string {
  return image.config.config?.Labels?.[LABELS.execEnv] ?? 'production';
}
