import { TspackError } from '../index.ts';
import { Interruption } from './interruption.ts';

/** Exit codes that need a name (platform.md; DESIGN.md §11). */
export const EXIT = { success: 0, failure: 1, usage: 3, tryAgain: 75 } as const;

/**
 * The one table from error codes to exit codes; what is not in it ends with 1. The specification's ranges: 11 and 12 API
 * versions, 20 to 29 detect, 40 to 49 restore, 50 to 59 build, 60 to 69 export, 70 to 79 rebase, 80 to 89 launch.
 */
export const EXIT_CODES: Readonly<Record<string, number>> = {
  USAGE: EXIT.usage,
  IMAGE_REFERENCE_INVALID: EXIT.usage,
  IMAGE_FILTER_INVALID: EXIT.usage,
  IMAGE_NAME_MISSING: EXIT.usage,
  UNPACK_TARGET_USED: EXIT.usage,
  BUILDER_UNKNOWN: EXIT.usage,
  PULL_POLICY_INVALID: EXIT.usage,
  MODULE_URI_INVALID: EXIT.usage,
  MODULE_NOT_FOUND: EXIT.usage,
  BUILDPACK_REGISTRY_UNSET: EXIT.usage,
  BUILDPACK_NOT_REGISTERED: EXIT.usage,
  ENV_NAME_INVALID: EXIT.usage,
  VOLUME_SOURCE_MISSING: EXIT.usage,
  VOLUME_TARGET_INVALID: EXIT.usage,
  SOURCE_NOT_FOUND: EXIT.usage,
  SOURCE_NOT_DIRECTORY: EXIT.usage,
  SOURCE_ADDRESS_INVALID: EXIT.usage,
  SOURCE_ARCHIVE_INVALID: EXIT.usage,
  SOURCE_FILTER_INVALID: EXIT.usage,
  SOURCE_REF_NOT_FOUND: EXIT.usage,
  OUTPUT_UNUSABLE: EXIT.usage,
  BUILDER_MISSING: EXIT.usage,
  BUILD_OPTION_INVALID: EXIT.usage,
  CONFIG_INVALID: EXIT.usage,
  CONFIG_NOT_FOUND: EXIT.usage,
  SETTING_UNKNOWN: EXIT.usage,
  REGISTRY_MIRROR_INVALID: EXIT.usage,
  SETTINGS_UNUSABLE: EXIT.usage,
  MODULE_FOLDER_EXISTS: EXIT.usage,
  TARGET_INVALID: EXIT.usage,
  VERSION_INVALID: EXIT.usage,
  DESCRIPTOR_INVALID: EXIT.usage,
  DESCRIPTOR_UNREADABLE: EXIT.usage,
  INLINE_BUILDER_OTHER: EXIT.usage,
  PLATFORM_FOREIGN: EXIT.usage,
  TAG_REGISTRY_DIFFERENT: EXIT.usage,

  PLATFORM_API_UNSUPPORTED: 11,
  BUILDPACK_API_UNSUPPORTED: 12,

  DETECT_NONE: 20,
  DETECT_ERRORED: 21,
  BUILDPACK_NOT_FOUND: 22,
  ORDER_CYCLE: 22,

  BUILDPACK_FAILED: 51,
  SPEC_FILE_INVALID: 52,
  ENV_FILE_INVALID: 52,
  LAYER_NAME_INVALID: 52,

  EXTENSION_FAILED: 91,
  EXTENSION_OUTPUT_INVALID: 92,
  DOCKERFILE_COPY_FAILED: 102,
  DOCKERFILE_INVALID: 102,
  DOCKERFILE_RUN_FAILED: 102,
  DOCKERFILE_UNSUPPORTED: 102,
  EXTENSIONS_UNSUPPORTED: 102,
  EXTEND_ROOT_USER: 102,
  ROOT_PATH_INVALID: 102,

  LAYER_CACHE_EMPTY: 62,
  LAYER_NOT_REUSABLE: 62,
  PROCESS_TYPE_INVALID: 62,
  PROCESS_TYPE_UNKNOWN: 62,
  SLICE_PATTERN_INVALID: 62,
  TAR_SOURCE_CHANGED: 62,
  TAR_SOURCE_UNREADABLE: 62,
  DAEMON_LOAD_FAILED: 62,
  DAEMON_REFUSED: 62,
  REGISTRY_DENIED: 62,
  REGISTRY_PROTOCOL: 62,
  REGISTRY_UNAUTHORIZED: 62,

  REBASE_BASE_MISMATCH: 72,
  REBASE_INDEX: 72,
  REBASE_NOT_BUILT: 72,
  REBASE_NOT_REBASABLE: 72,
  REBASE_RUN_IMAGE_MISSING: 72,
  REBASE_RUN_IMAGE_NOT_FOUND: 72,
  REBASE_RUN_IMAGE_REFUSED: 72,
  REBASE_STACK_MISMATCH: 72,
  REBASE_TARGET_MISMATCH: 72,

  RUN_COMMAND_MISSING: 82,
  RUN_PROCESS_UNKNOWN: 82,
  RUN_USER_UNKNOWN: 82,
};

/** Whether the same command may succeed later: a network or a server that is away now. */
function isTransient(error: unknown): boolean {
  for (let cause = error, depth = 0; cause instanceof TspackError && depth < 10; cause = cause.cause, depth++) {
    if ('transient' in cause && typeof cause.transient === 'boolean') return cause.transient;
  }
  return false;
}

/** The exit code for what a command threw. */
export function exitCodeFor(error: unknown): number {
  if (error instanceof Interruption) return error.exitCode;
  if (!(error instanceof TspackError)) return EXIT.failure;
  return isTransient(error) ? EXIT.tryAgain : (EXIT_CODES[error.code as string] ?? EXIT.failure);
}
