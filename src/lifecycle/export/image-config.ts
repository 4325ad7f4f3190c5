import { TspackError } from '../../foundation/index.ts';
import { formatApiVersion } from '../../cnb/index.ts';
import { LAUNCHER_PATH, PROCESS_DIRECTORY } from './layer-specs.ts';
import type { ApiVersion, LaunchMetadata } from '../../cnb/index.ts';
import type { ContainerConfig } from '../../oci/index.ts';

export interface ImageConfigInputs {
  readonly appPath: string;
  readonly layersPath: string;
  readonly platformApi: ApiVersion;
  readonly entrypoint: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** The container config of an app image over that of its run image (CNB.md C149). */
export function appContainerConfig(runImage: ContainerConfig, inputs: ImageConfigInputs): ContainerConfig {
  const { Cmd: _cmd, ...kept } = runImage;
  const path = envValue(runImage.Env ?? [], 'PATH');
  return {
    ...kept,
    Env: setEnv(runImage.Env ?? [], {
      CNB_LAYERS_DIR: inputs.layersPath,
      CNB_APP_DIR: inputs.appPath,
      CNB_PLATFORM_API: formatApiVersion(inputs.platformApi),
      CNB_DEPRECATION_MODE: 'quiet',
      PATH: [PROCESS_DIRECTORY, '/cnb/lifecycle', path ?? ''].join(':'),
    }),
    WorkingDir: inputs.appPath,
    Entrypoint: [inputs.entrypoint],
    Labels: { ...runImage.Labels, ...inputs.labels },
  };
}

/** Where the image starts (CNB.md C150). Throws `PROCESS_TYPE_UNKNOWN`. */
export function entrypointOf(metadata: LaunchMetadata, wanted: string | undefined): { readonly entrypoint: string; readonly processType?: string } {
  const processType = wanted ?? metadata.buildpackDefaultProcessType;
  if (processType === undefined || processType === '') return { entrypoint: LAUNCHER_PATH };
  if (wanted !== undefined && !metadata.processes.some(({ type }) => type === wanted)) {
    const types = metadata.processes.map(({ type }) => type);
    throw new TspackError({
      code: 'PROCESS_TYPE_UNKNOWN',
      message: `Cannot make "${wanted}" the default process: the buildpacks define ${types.length === 0 ? 'no process' : types.join(', ')}`,
      nextStep: types.length === 0 ? 'Add a Procfile or a start script' : `Use one of ${types.join(', ')}`,
    });
  }
  return { entrypoint: `${PROCESS_DIRECTORY}/${processType}`, processType };
}

/** Process types become file names (CNB.md C147). Throws `PROCESS_TYPE_INVALID`. */
export function checkProcessTypes(metadata: LaunchMetadata): void {
  for (const { type, buildpackId } of metadata.processes) {
    if (type !== '' && type !== '.' && type !== '..' && !/[/><:|&\\]/.test(type)) continue;
    throw new TspackError({
      code: 'PROCESS_TYPE_INVALID',
      message: `Cannot export process type "${type}" of ${buildpackId}: want letters, digits, ".", "_" and "-"`,
    });
  }
}

function envValue(env: readonly string[], name: string): string | undefined {
  return env.find((entry) => entry.startsWith(`${name}=`))?.slice(name.length + 1);
}

/** A variable that is there keeps its place; a new one goes last. */
function setEnv(env: readonly string[], values: Readonly<Record<string, string>>): readonly string[] {
  const names = env.map((entry) => entry.slice(0, entry.indexOf('=')));
  const changed = env.map((entry, index) => (names[index]! in values ? `${names[index]}=${values[names[index]!]}` : entry));
  const added = Object.entries(values).filter(([name]) => !names.includes(name));
  return [...changed, ...added.map(([name, value]) => `${name}=${value}`)];
}
