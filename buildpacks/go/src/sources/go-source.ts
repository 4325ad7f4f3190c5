import type { RuntimeSource } from '../../../../src/sdk/index.ts';

/** How to put one version into an empty folder: `bin/go` and all that it needs, as the official archives have it. */
export interface GoInstallation {
  install(directory: string): Promise<void>;
}

/** A place that Go's toolchains come from. Versions are Go's own names: `1.20`, `1.26.1`, `1.27rc1`. */
export type GoSource = RuntimeSource<GoInstallation>;

/** The architecture of the machine that builds, by Go's name: programs for another one are cross-compiled. */
export function buildArchitecture(): string {
  return process.arch === 'x64' ? 'amd64' : process.arch;
}
