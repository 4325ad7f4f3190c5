import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readImagePackages } from '../../builder/index.ts';
import { digestHex, digestOf, writeFileAtomic } from '../../foundation/index.ts';
import { mergeSboms } from '../../sbom/index.ts';
import { layerComponents, runImageLayers } from './layer-components.ts';
import type { Image, Layer } from '../../oci/index.ts';
import type { Component, ComponentHash, SbomDocument } from '../../sbom/index.ts';
import type { Home } from '../../store/index.ts';

/** What the merged document says besides what is in the image. */
export interface MergeOptions {
  readonly home: Pick<Home, 'cache'>;
  /** Of the image, without a tag. */
  readonly name: string;
  /** Of tspack. */
  readonly version: string;
  /** SHA-256 of `.deb` files, by `name version`: the lock of the run image has them, the image does not. */
  readonly packageHashes?: ReadonlyMap<string, string>;
}

/**
 * One document of everything in an image: what its buildpacks wrote down, and what the layers of its run image say is
 * installed. Equal images of one name give equal documents.
 */
export async function mergeImageSbom(image: Image, options: MergeOptions): Promise<SbomDocument> {
  const { name, version, packageHashes = new Map<string, string>() } = options;
  const packages = (await runImagePackages(runImageLayers(image), options.home)).map((component) => {
    const hex = packageHashes.get(`${component.name} ${component.version}`);
    const hash: ComponentHash[] = hex === undefined ? [] : [{ algorithm: 'SHA-256', hex }];
    return { ...component, hashes: [...(component.hashes ?? []), ...hash] };
  });
  return mergeSboms({ name, version: image.imageId }, { name: 'tspack', version }, [{ components: packages }, { components: await layerComponents(image) }]);
}

/** Of the answer that is kept. */
const FORMAT = 1;

/** Read once for each run image: its layers have 40 MB and more. */
async function runImagePackages(layers: readonly Layer[], { cache }: Pick<Home, 'cache'>): Promise<readonly Component[]> {
  const key = digestHex(digestOf(JSON.stringify([FORMAT, ...layers.map(({ diffId }) => diffId)])));
  const file = join(cache, 'run-packages', `${key}.json`);
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as readonly Component[];
  const components = await readImagePackages(layers);
  writeFileAtomic(file, JSON.stringify(components));
  return components;
}
