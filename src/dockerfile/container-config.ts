import type { ContainerConfig } from '../oci/index.ts';

/** The container settings that Docker adds to OCI's (moby image spec v1.2). Wire names. */
export interface DockerContainerConfig extends ContainerConfig {
  readonly Shell?: readonly string[];
  readonly OnBuild?: readonly string[];
  readonly Healthcheck?: {
    readonly Test?: readonly string[];
    /** Nanoseconds, as the other durations. */
    readonly Interval?: number;
    readonly Timeout?: number;
    readonly StartPeriod?: number;
    readonly StartInterval?: number;
    readonly Retries?: number;
  };
}

const DEFAULT_SHELL = ['/bin/sh', '-c'];

/** What runs the shell form of commands. */
export function shellOf(config: DockerContainerConfig): readonly string[] {
  return config.Shell === undefined || config.Shell.length === 0 ? DEFAULT_SHELL : config.Shell;
}

/** `name=value` entries as a map; of equal names the last wins. */
export function envOf(config: ContainerConfig): Readonly<Record<string, string>> {
  return Object.fromEntries(
    (config.Env ?? []).map((entry) => {
      const at = entry.indexOf('=');
      return at < 0 ? [entry, ''] : [entry.slice(0, at), entry.slice(at + 1)];
    }),
  );
}

/** A variable that is there keeps its place; a new one goes last. */
export function withEnv(config: DockerContainerConfig, name: string, value: string): DockerContainerConfig {
  const env = [...(config.Env ?? [])];
  const at = env.findIndex((entry) => entry === name || entry.startsWith(`${name}=`));
  env.splice(at < 0 ? env.length : at, at < 0 ? 0 : 1, `${name}=${value}`);
  return { ...config, Env: env };
}
