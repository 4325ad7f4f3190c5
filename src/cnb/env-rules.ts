import { TspackError } from '../foundation/index.ts';

/** Environment variables. */
export type Env = Readonly<Record<string, string>>;

/** Files of an environment folder by name; values are their bytes, untrimmed. */
export type EnvFiles = ReadonlyMap<string, Uint8Array>;

/** What a file without suffix does: `override` in layers, `default` in `<build-config>/env`. */
export type DefaultAction = 'override' | 'default';

export type EnvPurpose = 'build' | 'launch';

/** Variables that a folder in a layer's root is prepended to (`buildpack.md#layer-paths`). */
export const LAYER_PATHS: { readonly [purpose in EnvPurpose]: Readonly<Record<string, readonly string[]>> } = {
  build: { bin: ['PATH'], include: ['CPATH'], lib: ['LD_LIBRARY_PATH', 'LIBRARY_PATH'], pkgconfig: ['PKG_CONFIG_PATH'] },
  launch: { bin: ['PATH'], lib: ['LD_LIBRARY_PATH'] },
};

const PATH_VARIABLES = new Set(Object.values(LAYER_PATHS.build).flat());

/** Variables of the build image that reach buildpacks; nothing else does (C118). */
export const BUILD_ENV_ALLOW_LIST: readonly string[] = [
  'CNB_STACK_ID',
  'HOSTNAME',
  'HOME',
  'HTTPS_PROXY',
  'https_proxy',
  'HTTP_PROXY',
  'http_proxy',
  'NO_PROXY',
  'no_proxy',
  ...PATH_VARIABLES,
];

/** Variables of the container that a launched process does not see (C182). */
const LAUNCH_ENV_HIDDEN = new Set(['CNB_LAYERS_DIR', 'CNB_APP_DIR', 'CNB_PROCESS_TYPE', 'CNB_PLATFORM_API', 'CNB_DEPRECATION_MODE']);

/** What a layer contributes to environments. Folders that are not there are empty. */
export interface LayerEnv {
  /** Where the layer is, as processes see it. */
  readonly path: string;
  /** Names of the folders in the layer's root. */
  readonly directories: readonly string[];
  readonly env: EnvFiles;
  readonly envBuild: EnvFiles;
  readonly envLaunch: EnvFiles;
  /** `env.launch/<process>`. */
  readonly envLaunchProcess: ReadonlyMap<string, EnvFiles>;
}

/** Only the allowed variables of the build image's environment. */
export function filterBuildEnv(imageEnv: Env): Env {
  return Object.fromEntries(Object.entries(imageEnv).filter(([name]) => BUILD_ENV_ALLOW_LIST.includes(name)));
}

/**
 * Applies the files of one environment folder, in the order of their names (`buildpack.md#environment-variable-modification-rules`):
 * `NAME` and `NAME.override` replace, `NAME.default` sets when empty, `NAME.append` and `NAME.prepend` join with the
 * content of `NAME.delim`. Unknown suffixes do nothing. Throws `ENV_FILE_INVALID` for a value with a NUL byte.
 */
export function applyEnvFiles(env: Env, files: EnvFiles, defaultAction: DefaultAction = 'override'): Env {
  const result: Record<string, string> = { ...env };
  for (const fileName of [...files.keys()].sort(compareBytes)) {
    const dot = fileName.indexOf('.');
    const name = dot < 0 ? fileName : fileName.slice(0, dot);
    if (name === '' || name.includes('=')) continue; // no process could be given such a variable
    const action = dot < 0 ? defaultAction : fileName.slice(dot + 1);
    if (!['override', 'default', 'append', 'prepend'].includes(action)) continue;
    const value = textOf(files, fileName);
    const before = result[name] ?? '';
    const joined = (first: string, second: string): string => first + textOf(files, `${name}.delim`) + second;
    if (action === 'override') result[name] = value;
    else if (action === 'default') result[name] = before === '' ? value : before;
    else if (action === 'append') result[name] = before === '' ? value : joined(before, value);
    else result[name] = before === '' ? value : joined(value, before);
  }
  return result;
}

/** Prepends the layer's `bin`, `lib`, ... to their variables. */
export function prependLayerPaths(env: Env, layer: Pick<LayerEnv, 'path' | 'directories'>, purpose: EnvPurpose): Env {
  const result: Record<string, string> = { ...env };
  for (const [directory, variables] of Object.entries(LAYER_PATHS[purpose])) {
    if (!layer.directories.includes(directory)) continue;
    for (const variable of variables) result[variable] = prependPath(result[variable], `${layer.path}/${directory}`);
  }
  return result;
}

/** The environment after one build layer: root folders, `env/`, `env.build/` (C105, C115). */
export function addBuildLayer(env: Env, layer: LayerEnv): Env {
  return applyEnvFiles(applyEnvFiles(prependLayerPaths(env, layer, 'build'), layer.env), layer.envBuild);
}

/**
 * The environment of a launched process (C113-C117): for each buildpack in order, the root folders of all its layers,
 * then each layer's `env/`, `env.launch/`, `env.launch/<process>/`; layers in the order of their names.
 */
export function launchEnv(env: Env, buildpacks: readonly (readonly LayerEnv[])[], processType: string | undefined): Env {
  let result = env;
  for (const unsorted of buildpacks) {
    const layers = [...unsorted].sort((a, b) => compareBytes(a.path, b.path));
    for (const layer of layers) result = prependLayerPaths(result, layer, 'launch');
    for (const layer of layers) {
      result = applyEnvFiles(applyEnvFiles(result, layer.env), layer.envLaunch);
      const own = processType === undefined ? undefined : layer.envLaunchProcess.get(processType);
      if (own !== undefined) result = applyEnvFiles(result, own);
    }
  }
  return result;
}

/** What the launcher starts from: without the lifecycle's own variables, and PATH without its folders (C182). */
export function startingLaunchEnv(containerEnv: Env): Env {
  const result = Object.fromEntries(Object.entries(containerEnv).filter(([name]) => !LAUNCH_ENV_HIDDEN.has(name)));
  if (result['PATH'] === undefined) return result;
  const path = result['PATH'].split(':').filter((part) => part !== '/cnb/process' && part !== '/cnb/lifecycle');
  return { ...result, PATH: path.join(':') };
}

/**
 * Applies `<platform>/env` (C130): path variables are prepended with `:`, others override what buildpacks set.
 * File names are variable names as they are.
 */
export function applyPlatformEnv(env: Env, files: EnvFiles): Env {
  const result: Record<string, string> = { ...env };
  for (const name of [...files.keys()].sort(compareBytes)) {
    if (name === '' || name.includes('=')) continue;
    const value = textOf(files, name);
    result[name] = PATH_VARIABLES.has(name) ? prependPath(result[name], value) : value;
  }
  return result;
}

function prependPath(before: string | undefined, value: string): string {
  return before === undefined || before === '' ? value : `${value}:${before}`;
}

function textOf(files: EnvFiles, fileName: string): string {
  const bytes = files.get(fileName);
  if (bytes === undefined) return '';
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
  if (!text.includes('\0')) return text;
  throw new TspackError({ code: 'ENV_FILE_INVALID', message: `Cannot set an environment variable from "${fileName}": it holds a NUL byte` });
}

function compareBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
