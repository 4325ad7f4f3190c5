import { readFlags, readKeepFiles } from '../../../src/sdk/index.ts';
import { settingInvalid } from './errors.ts';

/** What `BP_*` variables say. */
export interface Settings {
  readonly targets: readonly string[];
  readonly buildFlags: readonly string[];
  readonly ldflags: string;
  /** undefined: what the build did not use stays. */
  readonly keepFiles: readonly string[] | undefined;
}

/** Reads `BP_GO_TARGETS`, `BP_GO_BUILD_FLAGS`, `BP_GO_BUILD_LDFLAGS` and `BP_KEEP_FILES`. Throws `GO_SETTING_INVALID` and `FLAGS_INVALID`. */
export function readSettings(env: Readonly<Record<string, string>>): Settings {
  return {
    targets: (env['BP_GO_TARGETS'] ?? '').split(/[\s,:]+/).filter((target) => target !== ''),
    buildFlags: readGoFlags(env, 'BP_GO_BUILD_FLAGS'),
    ldflags: (env['BP_GO_BUILD_LDFLAGS'] ?? '').trim(),
    keepFiles: readKeepFiles(env),
  };
}

/** `-flag=value` alone: a value of its own would be taken for a package. */
function readGoFlags(env: Readonly<Record<string, string>>, variable: string): readonly string[] {
  const words = readFlags(env, variable);
  const other = words.find((word) => !word.startsWith('-'));
  if (other !== undefined) throw settingInvalid(variable, words.join(' '), `"${other}" is no flag; write values as -flag=value`);
  return words;
}
