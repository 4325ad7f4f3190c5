import { isApiAtLeast, parseAnalyzedToml, withDistribution } from '../cnb/index.ts';
import { invalidArguments } from './phase-error.ts';
import { readSpecFile, readText } from './read-file.ts';
import type { AnalyzedToml, Env, ImageTarget } from '../cnb/index.ts';
import type { HostPath, SandboxPath } from '../executor/index.ts';
import type { MountedDirectory, PhaseEnvironment } from '../lifecycle/index.ts';
import type { PhaseSituation } from './phase-situation.ts';

/** A folder that processes see where it is. */
export function here(path: string): MountedDirectory {
  return { hostPath: path as HostPath, sandboxPath: path as SandboxPath };
}

/** What the executables of buildpacks and extensions are told (CNB.md §0, the last table). Throws with exit code 3 for an execution environment that is no name. */
export function phaseEnvironment({ api, inputs, ports }: PhaseSituation, analyzed: AnalyzedToml | undefined): PhaseEnvironment {
  if (inputs.execEnv.includes('/')) throw invalidArguments(`Cannot use "${inputs.execEnv}" as execution environment: it must not contain "/"`);
  const target: ImageTarget = analyzed?.runImage?.target ?? { os: ports.platform.os, arch: ports.platform.architecture };
  return {
    platformApi: api,
    imageEnv: definedEnv(ports.environment),
    platform: here(inputs.platform),
    ...(isApiAtLeast(api, '0.11') ? { buildConfig: here(inputs.buildConfig) } : {}),
    target: withDistribution(target, readText('/etc/os-release')),
    execEnv: inputs.execEnv,
  };
}

/** analyzed.toml as the detector and the builder need it; undefined where the platform has none. */
export function readAnalyzed({ inputs }: Pick<PhaseSituation, 'inputs'>): AnalyzedToml | undefined {
  return readSpecFile(inputs.analyzed, parseAnalyzedToml);
}

function definedEnv(environment: Readonly<Record<string, string | undefined>>): Env {
  return Object.fromEntries(Object.entries(environment).filter((entry): entry is [string, string] => entry[1] !== undefined));
}
