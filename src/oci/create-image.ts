import { digestOf } from '../foundation/index.ts';
import { formatConfig } from './config-bytes.ts';
import type { ContainerConfig, HistoryEntry, Image, ImageConfig, Layer } from './image.ts';
import type { ImagePlatform } from './descriptor.ts';

/** What a new image is made of; `rootfs` follows from the layers. */
export interface ImageParts {
  readonly config: Omit<ImageConfig, 'rootfs'>;
  readonly layers: readonly Layer[];
  readonly annotations?: Readonly<Record<string, string>>;
}

/** A new image with config bytes as the reference would write them. */
export function createImage({ config, layers, annotations }: ImageParts): Image {
  const whole: ImageConfig = { ...config, rootfs: { type: 'layers', diff_ids: layers.map((layer) => layer.diffId) } };
  const configBytes = formatConfig(whole);
  return { config: whole, configBytes, imageId: digestOf(configBytes), layers, ...(annotations === undefined ? {} : { annotations }) };
}

/** The image with layers added on top, one history entry each. */
export function appendLayers(image: Image, added: readonly { readonly layer: Layer; readonly history: HistoryEntry }[]): Image {
  return createImage({
    config: { ...image.config, history: [...(image.config.history ?? []), ...added.map(({ history }) => history)] },
    layers: [...image.layers, ...added.map(({ layer }) => layer)],
    ...(image.annotations === undefined ? {} : { annotations: image.annotations }),
  });
}

/** The image with another container config. */
export function withContainerConfig(image: Image, change: (config: ContainerConfig) => ContainerConfig): Image {
  return createImage({
    config: { ...image.config, config: change(image.config.config ?? {}) },
    layers: image.layers,
    ...(image.annotations === undefined ? {} : { annotations: image.annotations }),
  });
}

/** The platform an image runs on. */
export function imagePlatform(image: Image): ImagePlatform {
  const { os, architecture, variant } = image.config;
  return { os, architecture, ...(variant === undefined ? {} : { variant }) };
}
