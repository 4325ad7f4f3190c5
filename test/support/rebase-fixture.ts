import { EMPTY_LIFECYCLE_METADATA, formatLifecycleMetadataLabel, parseLifecycleMetadataLabel } from '../../src/cnb/index.ts';
import { appendLayers, createImage, withContainerConfig } from '../../src/oci/index.ts';
import type { LifecycleMetadataLabel } from '../../src/cnb/index.ts';
import type { Image, ImageConfig } from '../../src/oci/index.ts';
import { syntheticImage, syntheticLayer } from './synthetic-image.ts';

export const METADATA = 'io.buildpacks.lifecycle.metadata';
export const RUN_NAME = 'registry.example/run:1';

const TARGET = {
  'io.buildpacks.base.id': 'example.base',
  'io.buildpacks.base.distro.name': 'debian',
  'io.buildpacks.base.distro.version': '13',
};

/** A run image; `labels` replace those of target and stack. */
export async function runImage(
  seed: string,
  options: {
    readonly labels?: Readonly<Record<string, string>>;
    readonly layers?: number;
    readonly layerBytes?: number;
    readonly config?: Partial<ImageConfig>;
  } = {},
): Promise<Image> {
  const { labels = TARGET, config = {}, ...rest } = options;
  return await syntheticImage(seed, { ...rest, config: { ...config, config: { Env: ['PATH=/bin'], Labels: labels } } });
}

/** An app image with four layers on a run image, as export makes them; `change` edits its lifecycle metadata. */
export async function appOn(
  base: Image,
  options: {
    readonly platformApi?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly change?: (label: LifecycleMetadataLabel) => LifecycleMetadataLabel;
    readonly layerBytes?: number;
  } = {},
): Promise<Image> {
  const names = ['modules', 'app', 'launcher', 'config'] as const;
  const layers = await Promise.all(names.map((name) => syntheticLayer(`app-${name}`, options.layerBytes)));
  const [modules, app, launcher, config] = layers.map(({ diffId }) => ({ sha: diffId }));
  const label: LifecycleMetadataLabel = {
    ...EMPTY_LIFECYCLE_METADATA,
    buildpacks: [
      {
        key: 'samples/node',
        version: '1',
        layers: { modules: { ...modules!, build: false, launch: true, cache: true, data: { 'a<b>': '1 & 2' } } },
        store: { metadata: { keep: 'me' } },
      },
    ],
    app: [app!],
    launcher: launcher!,
    config: config!,
    runImage: { topLayer: base.layers.at(-1)!.diffId, reference: 'registry.example/run@sha256:old', image: RUN_NAME, mirrors: ['mirror.example/run:1'] },
    stack: { runImage: { image: RUN_NAME, mirrors: ['mirror.example/run:1'] } },
  };
  const platformApi = options.platformApi ?? '0.15';
  const history = (createdBy: string) => ({ created: '2024-05-06T07:08:09Z', created_by: createdBy });
  const layered = appendLayers(
    base,
    layers.map((layer, index) => ({ layer, history: history(names[index]!) })),
  );
  return withContainerConfig(layered, (container) => ({
    ...container,
    User: '1001:1000',
    Env: ['PATH=/cnb/process:/bin', ...(platformApi === '' ? [] : [`CNB_PLATFORM_API=${platformApi}`])],
    Entrypoint: ['/cnb/process/web'],
    Labels: {
      ...container.Labels,
      'com.example.kept': 'yes',
      'io.buildpacks.build.metadata': '{"buildpacks":[],"launcher":{"version":"1.0.0"},"processes":[]}',
      ...options.labels,
      [METADATA]: formatLifecycleMetadataLabel(options.change?.(label) ?? label),
    },
  }));
}

export function metadataOf(image: Image): LifecycleMetadataLabel {
  return parseLifecycleMetadataLabel(image.config.config?.Labels?.[METADATA] ?? '');
}

/** Another value of the same image without one label. */
export function withoutLabel(image: Image, label: string): Image {
  const { [label]: _gone, ...Labels } = image.config.config?.Labels ?? {};
  return createImage({ config: { ...image.config, config: { ...image.config.config, Labels } }, layers: image.layers });
}
