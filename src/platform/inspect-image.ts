import { LABELS, parseBuildMetadataLabel, parseLifecycleMetadataLabel } from '../cnb/index.ts';
import { TspackError } from '../foundation/index.ts';
import { imagePlatform } from '../oci/index.ts';
import type { Image } from '../oci/index.ts';
import type { ImageDescription } from './api.ts';

/** What an app image says of itself: its labels, as pack's `inspect` reads them, and its config. Throws `IMAGE_NOT_BUILT` for an image without the labels. */
export function describeImage(image: Image, name: string, place: string): ImageDescription {
  const { config } = image.config;
  const labels = config?.Labels ?? {};
  const [lifecycle, build] = [labels[LABELS.lifecycleMetadata], labels[LABELS.buildMetadata]];
  if (lifecycle === undefined || build === undefined) {
    throw new TspackError({
      code: 'IMAGE_NOT_BUILT',
      message: `Cannot inspect "${name}" (${place}): it was not built by buildpacks, label ${LABELS.lifecycleMetadata} is missing`,
    });
  }
  const { runImage, stack } = parseLifecycleMetadataLabel(lifecycle);
  const metadata = parseBuildMetadataLabel(build);
  const runImages = [runImage.image ?? stack?.runImage.image, ...(runImage.mirrors ?? stack?.runImage.mirrors ?? [])].filter(
    (each) => each !== undefined && each !== '',
  );
  const history = (image.config.history ?? []).filter((entry) => entry.empty_layer !== true);
  const { created } = image.config;
  return {
    name,
    place,
    imageId: image.imageId,
    ...(image.manifest === undefined ? {} : { manifestDigest: image.manifest.descriptor.digest }),
    platform: imagePlatform(image),
    ...(created === undefined ? {} : { created }),
    ...(config?.User === undefined ? {} : { user: config.User }),
    baseImage: { topLayer: runImage.topLayer, reference: runImage.reference },
    runImages: runImages as string[],
    rebasable: labels[LABELS.rebasable] !== 'false',
    buildpacks: metadata.buildpacks,
    processes: imageProcesses(image),
    layers: image.layers.map((layer, index) => {
      const sizeBytes = layer.tarSizeBytes ?? layer.blob?.size;
      const createdBy = history[index]?.created_by;
      return { diffId: layer.diffId, ...(sizeBytes === undefined ? {} : { sizeBytes }), ...(createdBy === undefined ? {} : { createdBy }) };
    }),
  };
}

/** The processes that an image can start, its default first; none where no buildpack has built it. */
export function imageProcesses({ config: { config } }: Image): ImageDescription['processes'] {
  const label = config?.Labels?.[LABELS.buildMetadata];
  const entrypoint = config?.Entrypoint?.[0];
  const processes = label === undefined ? [] : parseBuildMetadataLabel(label).processes;
  return processes
    .map(({ type, command, args, direct, workingDirectory }) => ({
      type,
      default: entrypoint === `/cnb/process/${type}`,
      shell: direct ? '' : 'bash',
      command: command[0] ?? '',
      args: [...command.slice(1), ...(args ?? [])],
      ...(workingDirectory === undefined ? {} : { workingDirectory }),
    }))
    .sort((a, b) => Number(b.default) - Number(a.default) || (a.type < b.type ? -1 : 1));
}
