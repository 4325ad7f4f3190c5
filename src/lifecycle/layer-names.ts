import { layerNameProblem } from '../cnb/index.ts';
import type { LayerName } from '../cnb/index.ts';
import type { LayersDirectory } from './layers-directory.ts';

/**
 * Names of the layers that a buildpack has described in a `<layer>.toml`, sorted by bytes. `build.toml`, `launch.toml`
 * and `store.toml` describe none. `folder` is the buildpack's folder in `<layers>`.
 */
export function layerNames(layers: LayersDirectory, folder: string): readonly LayerName[] {
  return (layers.readdir(folder) ?? [])
    .filter((name) => name.endsWith('.toml') && ['file', 'symlink'].includes(layers.kind(`${folder}/${name}`) ?? ''))
    .map((name) => name.slice(0, -'.toml'.length))
    .filter((name): name is LayerName => layerNameProblem(name) === undefined)
    .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}
