import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LABELS, parseLifecycleDescriptor } from '../cnb/index.ts';
import type { LifecycleDescriptor } from '../cnb/index.ts';
import { formatGoJson } from '../foundation/index.ts';
import { appendLayers, createImage, withContainerConfig } from '../oci/index.ts';
import type { Image, LayerWriter } from '../oci/index.ts';
import { BASE_IMAGE_CREATED } from './base-labels.ts';
import { directoryEntry, fileEntry, folderEntries } from './folder-entries.ts';

export interface LifecycleImageOptions {
  /** The folder of `assembleLifecycle`. */
  readonly lifecycle: string;
  /** Something with glibc and libstdc++, for Node: a run image. */
  readonly base: Image;
  readonly layerWriter: LayerWriter;
}

/**
 * A lifecycle image, which platforms run the phases with credentials in when they do not trust a builder (pack's
 * `--lifecycle-image`). Runs as root, as they expect: the phases give up their privileges themselves.
 */
export async function createLifecycleImage({ lifecycle, base, layerWriter }: LifecycleImageOptions): Promise<Image> {
  const text = readFileSync(join(lifecycle, 'lifecycle.toml'), 'utf8');
  const descriptor = parseLifecycleDescriptor(text, 'lifecycle.toml');
  const entries = [
    directoryEntry('/cnb'),
    ...folderEntries(join(lifecycle, 'lifecycle'), '/cnb/lifecycle'),
    fileEntry('/cnb/lifecycle.toml', text),
    directoryEntry('/layers'),
    directoryEntry('/workspace'),
  ];
  const layer = await layerWriter.write({ parts: [{ kind: 'entries', entries }] });
  const image = appendLayers(base, [{ layer, history: { created: BASE_IMAGE_CREATED, created_by: `tspack lifecycle ${descriptor.version}` } }]);
  const { config, layers } = withContainerConfig(image, ({ Labels, Env, StopSignal }) => ({
    ...(Env === undefined ? {} : { Env }),
    ...(StopSignal === undefined ? {} : { StopSignal }),
    WorkingDir: '/layers',
    Labels: { ...Labels, ...lifecycleLabels(descriptor) },
  }));
  return createImage({ config: { ...config, created: BASE_IMAGE_CREATED }, layers });
}

function lifecycleLabels({ version, apis, api }: LifecycleDescriptor): Readonly<Record<string, string>> {
  return {
    'io.buildpacks.lifecycle.version': version,
    'io.buildpacks.lifecycle.apis': formatGoJson({
      buildpack: { deprecated: apis.buildpack.deprecated, supported: apis.buildpack.supported },
      platform: { deprecated: apis.platform.deprecated, supported: apis.platform.supported },
    }),
    [LABELS.builderMetadata]: formatGoJson({ lifecycle: { version }, api: { buildpack: api.buildpack ?? '', platform: api.platform ?? '' } }),
  };
}
