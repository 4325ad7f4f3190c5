import type { Clock } from '../foundation/index.ts';
import type { Binding } from './bindings.ts';
import type { BuildLog } from './build-log.ts';

/** The machine that the image is for (`CNB_TARGET_*`). */
export interface BuildTarget {
  readonly os: string;
  /** As Go and OCI write it: `amd64`, `arm64`. */
  readonly architecture: string;
  readonly variant: string | undefined;
  readonly distribution: { readonly name: string; readonly version: string } | undefined;
}

/** What a buildpack can know while it detects and while it builds. */
export interface BuildpackContext {
  readonly applicationDirectory: string;
  readonly buildpackDirectory: string;
  readonly platformDirectory: string;
  /** From buildpack.toml. */
  readonly buildpack: { readonly id: string; readonly name: string; readonly version: string };
  readonly target: BuildTarget;
  /** `production`, `test`, `development` or another (`CNB_EXEC_ENV`). */
  readonly execEnv: string;
  /** The environment of this process: the user's variables and those of earlier buildpacks. */
  readonly env: Readonly<Record<string, string>>;
  readonly bindings: readonly Binding[];
  readonly clock: Clock;
  readonly log: BuildLog;
}

/** What detect is given. */
export type DetectContext = BuildpackContext;
