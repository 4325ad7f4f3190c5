import { TspackError } from '../foundation/index.ts';
import { createImage } from './create-image.ts';
import type { DiffId, HistoryEntry, Image, ImageConfig } from './image.ts';

export interface ImageRebase {
  readonly image: Image;
  /** Diff IDs of the base that is replaced, bottom first: the lowest layers of `image`. */
  readonly oldBase: readonly DiffId[];
  readonly newBase: Image;
}

/**
 * The image with its lowest layers replaced by those of another base. Platform and the history of the base come from
 * the new base; all else, annotations included, stays as it is. No layer is read.
 * Throws `REBASE_BASE_MISMATCH` when the old base is not what the image stands on.
 */
export function rebaseImage({ image, oldBase, newBase }: ImageRebase): Image {
  const differing = oldBase.findIndex((diffId, index) => image.layers[index]?.diffId !== diffId);
  if (differing >= 0) {
    throw new TspackError({
      code: 'REBASE_BASE_MISMATCH',
      message: `Cannot replace the base of image ${image.imageId}: its layer ${differing} is ${image.layers[differing]?.diffId ?? 'missing'}, want ${oldBase[differing]}`,
      nextStep: 'Build the image again',
    });
  }
  const { variant: _variant, 'os.version': _osVersion, ...config } = image.config;
  return createImage({
    config: { ...config, ...platformOf(image.config, newBase.config), history: [...layerHistory(newBase), ...layerHistory(image).slice(oldBase.length)] },
    layers: [...newBase.layers, ...image.layers.slice(oldBase.length)],
    ...(image.annotations === undefined ? {} : { annotations: image.annotations }),
  });
}

/** A base that names no variant is for every one, so the image keeps its own on the same architecture. */
function platformOf(image: ImageConfig, base: ImageConfig): Pick<ImageConfig, 'os' | 'architecture' | 'variant' | 'os.version'> {
  const { os, architecture, 'os.version': osVersion } = base;
  const variant = base.variant ?? (image.architecture === architecture ? image.variant : undefined);
  return { os, architecture, ...(variant === undefined ? {} : { variant }), ...(osVersion === undefined ? {} : { 'os.version': osVersion }) };
}

/** One entry a layer; empty ones when the history does not fit the layers. */
function layerHistory({ config, layers }: Image): readonly HistoryEntry[] {
  const entries = (config.history ?? []).filter((entry) => entry.empty_layer !== true);
  return entries.length === layers.length ? entries : layers.map(() => ({}));
}
