import { addBuildLayer, parseLayerToml } from '../../cnb/index.ts';
import type { Env, EnvFiles, LayerContentMetadata, LayerEnv, LayerName } from '../../cnb/index.ts';
import type { SandboxPath } from '../../executor/index.ts';
import { layerNames } from '../layer-names.ts';
import type { LayersDirectory } from '../layers-directory.ts';
import { readLayersFile, readLayersText } from '../read-layers-file.ts';

/** A layer that a buildpack described. Its folder may be missing. */
export interface DescribedLayer {
  readonly name: LayerName;
  readonly content: LayerContentMetadata;
}

/** Where a buildpack's layers are. */
export interface BuildpackLayers {
  readonly layers: LayersDirectory;
  /** The buildpack's folder in `<layers>`: its escaped id. */
  readonly folder: string;
  /** The same folder as processes see it. */
  readonly sandboxPath: SandboxPath;
  /** `<layers>` as processes see it. */
  readonly layersPath: SandboxPath;
}

/**
 * Reads every `<layer>.toml` of a buildpack, in the order of their names. A layer without any type is renamed to
 * `<layer>.ignore`, so that nobody after takes it for a layer (C103). Throws `TOML_INVALID` or `SPEC_FILE_INVALID`.
 */
export function readLayers(at: BuildpackLayers): readonly DescribedLayer[] {
  const { layers, folder } = at;
  return layerNames(layers, folder).flatMap((name) => {
    const text = readLayersText(layers, at.layersPath, `${folder}/${name}.toml`);
    if (text === undefined) return [];
    const content = parseLayerToml(text, `${at.sandboxPath}/${name}.toml`);
    const { build, cache, launch } = content.types;
    if (!build && !cache && !launch) ignoreLayer(layers, `${folder}/${name}`);
    return [{ name, content }];
  });
}

function ignoreLayer(layers: LayersDirectory, path: string): void {
  if (layers.kind(path) === undefined) return;
  layers.remove(`${path}.ignore`);
  layers.rename(path, `${path}.ignore`);
}

/** The build environment after a buildpack's build layers (C105, C117). */
export function addBuildLayers(env: Env, described: readonly DescribedLayer[], at: BuildpackLayers): Env {
  return described.filter(({ content }) => content.types.build).reduce((before, { name }) => addBuildLayer(before, readLayerEnv(at, name)), env);
}

function readLayerEnv(at: BuildpackLayers, name: LayerName): LayerEnv {
  const { layers } = at;
  const path = `${at.folder}/${name}`;
  const isFolder = (child: string): boolean => ['directory', 'symlink'].includes(layers.kind(`${path}/${child}`) ?? '');
  return {
    path: `${at.sandboxPath}/${name}`,
    directories: (layers.readdir(path) ?? []).filter(isFolder),
    env: readEnvFiles(at, `${path}/env`),
    envBuild: readEnvFiles(at, `${path}/env.build`),
    envLaunch: new Map(),
    envLaunchProcess: new Map(),
  };
}

/** Links to files are followed, folders skipped (C112). */
function readEnvFiles({ layers, layersPath }: BuildpackLayers, path: string): EnvFiles {
  return new Map(
    (layers.readdir(path) ?? []).flatMap((name) => {
      const bytes = readLayersFile(layers, layersPath, `${path}/${name}`);
      return bytes === undefined ? [] : [[name, bytes] as const];
    }),
  );
}
