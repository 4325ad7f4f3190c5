import { digestOf } from '../foundation/index.ts';
import { parseManifest } from './manifest.ts';
import type { Image } from './image.ts';

/**
 * The invariants of an image as code: config, layers, history and manifest agree, and every layer's bytes have
 * the digests they are known by. Returns what is wrong; an empty list is a valid image. Reads every layer.
 */
export async function validateImage(image: Image): Promise<readonly string[]> {
  const problems: string[] = [];
  const diffIds = image.config.rootfs.diff_ids;
  if (digestOf(image.configBytes) !== image.imageId) problems.push('image ID is not the digest of the config');
  const stored = JSON.parse(Buffer.from(image.configBytes).toString('utf8')) as { rootfs: { diff_ids: readonly string[] } };
  if (JSON.stringify(stored.rootfs.diff_ids ?? []) !== JSON.stringify(diffIds)) problems.push('config bytes list other layers than the config');
  if (diffIds.length !== image.layers.length) problems.push(`config lists ${diffIds.length} layers, image has ${image.layers.length}`);
  const history = image.config.history?.filter((entry) => entry.empty_layer !== true);
  if (history !== undefined && history.length > 0 && history.length !== diffIds.length) {
    problems.push(`history has ${history.length} layers, config lists ${diffIds.length}`);
  }
  for (const [index, layer] of image.layers.entries()) {
    if (layer.diffId !== diffIds[index]) problems.push(`layer ${index} is ${layer.diffId}, config lists ${diffIds[index]}`);
    for (const [form, open] of [
      ['tar', () => layer.openTar()],
      ['blob', layer.openBlob],
    ] as const) {
      try {
        if (open !== undefined) for await (const chunk of open()) void chunk;
      } catch (error) {
        problems.push(`${form} of layer ${index}: ${(error as Error).message}`);
      }
    }
  }
  if (image.manifest !== undefined) {
    const { descriptor, bytes } = image.manifest;
    if (digestOf(bytes) !== descriptor.digest || bytes.length !== descriptor.size) problems.push('manifest bytes do not have their digest and size');
    if (parseManifest(bytes).config.digest !== image.imageId) problems.push('manifest names another config');
  }
  return problems;
}
