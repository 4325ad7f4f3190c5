import { createImage } from '../oci/index.ts';
import type { Image, LayerWriter } from '../oci/index.ts';
import { BASE_IMAGE_CREATED } from './base-labels.ts';
import type { Architecture } from './builder-file.ts';
import { readTree } from './tree-layer.ts';
import type { UnpackedBuildImage } from './unpacked-image.ts';

/** The build image of a bundled builder as an image of one layer. */
export async function createBuildImage(options: {
  readonly name: string;
  readonly architecture: Architecture;
  readonly buildImage: UnpackedBuildImage;
  readonly layerWriter: LayerWriter;
}): Promise<Image> {
  const { buildImage } = options;
  const layer = await options.layerWriter.write({ parts: readTree(buildImage.root, buildImage.user) });
  return createImage({
    config: {
      os: 'linux',
      architecture: options.architecture,
      created: BASE_IMAGE_CREATED,
      history: [{ created: BASE_IMAGE_CREATED, created_by: `tspack builder "${options.name}": build image` }],
      config: {
        User: `${buildImage.user.uid}:${buildImage.user.gid}`,
        Env: Object.entries(buildImage.env).map(([name, value]) => `${name}=${value}`),
        Labels: buildImage.labels,
      },
    },
    layers: [layer],
  });
}
