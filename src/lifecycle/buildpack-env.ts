import { applyEnvFiles, applyPlatformEnv, filterBuildEnv, isApiAtLeast, targetEnv } from '../cnb/index.ts';
import type { ApiVersion, Env, EnvFiles, ImageTarget } from '../cnb/index.ts';
import { readMountedEnv } from './mounted-directory.ts';
import type { MountedDirectory } from './mounted-directory.ts';
import type { LocatedModule } from './module-store.ts';

/** What detect, generate and build share about the environment of executables. */
export interface PhaseEnvironment {
  readonly platformApi: ApiVersion;
  /** Environment of the build image; only the variables that the spec allows reach executables (C118). */
  readonly imageEnv: Env;
  /** Proxy and CA variables of the host; they win over the image's, and lose to what user and buildpacks set. */
  readonly extraEnv?: Env;
  /** `<platform>`, with `env/` and `bindings/`. */
  readonly platform: MountedDirectory;
  /** `<build-config>` (Platform API 0.11), with the operator's `env/`. */
  readonly buildConfig?: MountedDirectory;
  /** What the run image is, distribution included when known. */
  readonly target: ImageTarget;
  /** `CNB_EXEC_ENV`: `production` unless the user says otherwise. */
  readonly execEnv: string;
}

/** The files of user and operator, read once for all executables of a phase. */
export interface ProvidedEnv {
  readonly user: EnvFiles;
  readonly operator: EnvFiles;
}

export function readProvidedEnv(environment: PhaseEnvironment): ProvidedEnv {
  const { buildConfig } = environment;
  const operator = buildConfig !== undefined && isApiAtLeast(environment.platformApi, '0.11');
  return { user: readMountedEnv(environment.platform, 'env'), operator: operator ? readMountedEnv(buildConfig, 'env') : new Map() };
}

/** What executables start from, before buildpacks, user and operator add to it. */
export function startingEnv(environment: PhaseEnvironment): Env {
  return { ...filterBuildEnv(environment.imageEnv), ...environment.extraEnv };
}

/**
 * The whole environment of one executable: what earlier buildpacks made of it, the user's variables unless
 * `clear-env`, the operator's last (C130, C131), then the spec's own, which nobody can override.
 */
export function executableEnv(options: {
  readonly environment: PhaseEnvironment;
  readonly provided: ProvidedEnv;
  readonly module: LocatedModule;
  /** {@link startingEnv}, and for build what layers added. */
  readonly env: Env;
  /** `CNB_BUILD_PLAN_PATH` and so on, given from Buildpack API 0.8. */
  readonly paths: Env;
}): Env {
  const { environment, provided, module, paths } = options;
  const { api, clearEnv, kind } = module.descriptor;
  const asUser = clearEnv ? options.env : applyPlatformEnv(options.env, provided.user);
  return {
    ...applyEnvFiles(asUser, provided.operator, 'default'),
    [kind === 'buildpack' ? 'CNB_BUILDPACK_DIR' : 'CNB_EXTENSION_DIR']: module.directory.sandboxPath,
    ...(isApiAtLeast(api, '0.8') ? { CNB_PLATFORM_DIR: environment.platform.sandboxPath, ...paths } : {}),
    ...(isApiAtLeast(api, '0.10') ? targetEnv(environment.target) : {}),
    ...(isApiAtLeast(api, '0.12') && environment.execEnv !== '' ? { CNB_EXEC_ENV: environment.execEnv } : {}),
  };
}
