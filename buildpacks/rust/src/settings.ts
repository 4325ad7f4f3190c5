import { readFlags } from '../../../src/sdk/index.ts';

/** What `BP_RUST_*` variables say. */
export interface Settings {
  readonly binaries: readonly string[];
  readonly buildFlags: readonly string[];
}

/** Reads `BP_RUST_BINARIES` (names, separated by commas or spaces) and `BP_RUST_BUILD_FLAGS`. Throws `FLAGS_INVALID`. */
export function readSettings(env: Readonly<Record<string, string>>): Settings {
  return {
    binaries: (env['BP_RUST_BINARIES'] ?? '').split(/[\s,]+/).filter((name) => name !== ''),
    buildFlags: readFlags(env, 'BP_RUST_BUILD_FLAGS'),
  };
}
