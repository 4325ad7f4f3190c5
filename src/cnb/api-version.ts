import { TspackError } from '../foundation/index.ts';

/** A version of the Buildpack, Platform or Distribution API (`buildpack.md#buildpack-api-version`): `0.12`, or `1` for `1.0`. */
export interface ApiVersion {
  readonly major: number;
  readonly minor: number;
}

export type ApiKind = 'buildpack' | 'platform';

const API_VERSION = /^v?(\d{1,9})(?:\.(\d{1,9}))?$/;

/** Reads an API version; undefined when it is malformed. */
export function tryParseApiVersion(text: string): ApiVersion | undefined {
  const match = API_VERSION.exec(text);
  return match === null ? undefined : { major: Number(match[1]), minor: Number(match[2] ?? 0) };
}

/** Reads an API version. Throws `API_VERSION_INVALID`. */
export function parseApiVersion(text: string): ApiVersion {
  const version = tryParseApiVersion(text);
  if (version !== undefined) return version;
  throw new TspackError({ code: 'API_VERSION_INVALID', message: `Cannot read "${text}" as an API version: want <major>.<minor>, such as 0.12` });
}

/** `0.12`; `1` is written as `1.0`. */
export function formatApiVersion(version: ApiVersion): string {
  return `${version.major}.${version.minor}`;
}

/** Negative when `a` is older, 0 when equal, positive when newer. */
export function compareApiVersions(a: ApiVersion, b: ApiVersion): number {
  return a.major - b.major || a.minor - b.minor;
}

/** Whether `version` is `text` or newer. `text` is ours, not a user's. */
export function isApiAtLeast(version: ApiVersion, text: string): boolean {
  return compareApiVersions(version, parseApiVersion(text)) >= 0;
}

const versionsOf = (...minors: readonly number[]): readonly ApiVersion[] => minors.map((minor) => ({ major: 0, minor }));

/** Every supported version, oldest first; none is deprecated. */
export const SUPPORTED_APIS: { readonly [kind in ApiKind]: readonly ApiVersion[] } = {
  buildpack: versionsOf(7, 8, 9, 10, 11, 12),
  platform: versionsOf(7, 8, 9, 10, 11, 12, 13, 14, 15),
};

/** Whether this version is supported. Below 1.0 every minor version counts for itself. */
export function isSupportedApi(kind: ApiKind, version: ApiVersion): boolean {
  return SUPPORTED_APIS[kind].some((supported) =>
    supported.major === 0 ? compareApiVersions(supported, version) === 0 : supported.major === version.major && supported.minor >= version.minor,
  );
}

/**
 * Reads the value of `CNB_PLATFORM_API`, which has no default (`platform.md#platform-api-compatibility`).
 * Throws `PLATFORM_API_UNSUPPORTED` when unset, malformed or unsupported (exit code 11).
 */
export function requirePlatformApi(text: string | undefined): ApiVersion {
  const version = text === undefined ? undefined : tryParseApiVersion(text);
  if (version !== undefined && isSupportedApi('platform', version)) return version;
  throw new TspackError({
    code: 'PLATFORM_API_UNSUPPORTED',
    message:
      text === undefined || text === ''
        ? 'Cannot start: CNB_PLATFORM_API is not set'
        : `Cannot start: Platform API "${text}" is ${version === undefined ? 'not a version' : 'not supported'}`,
    nextStep: `Set CNB_PLATFORM_API to one of ${listSupportedApis('platform')}`,
  });
}

/**
 * Checks the API of a buildpack or extension. Throws `BUILDPACK_API_UNSUPPORTED` when it is missing, malformed
 * or unsupported (exit code 12). `name` is its `id@version`.
 */
export function requireBuildpackApi(text: string | undefined, name: string): ApiVersion {
  const version = text === undefined ? undefined : tryParseApiVersion(text);
  if (version !== undefined && isSupportedApi('buildpack', version)) return version;
  throw new TspackError({
    code: 'BUILDPACK_API_UNSUPPORTED',
    message: `Cannot use buildpack "${name}": Buildpack API ${text === undefined ? 'is not given' : `"${text}" is not supported`}`,
    nextStep: `Use a version of the buildpack for one of the Buildpack APIs ${listSupportedApis('buildpack')}`,
  });
}

/** `0.7, 0.8, ...`, for messages. */
export function listSupportedApis(kind: ApiKind): string {
  return SUPPORTED_APIS[kind].map(formatApiVersion).join(', ');
}

/** The newest version in both lists; undefined when they share none. */
export function highestCommonApi(ours: readonly ApiVersion[], theirs: readonly ApiVersion[]): ApiVersion | undefined {
  return ours
    .filter((a) => theirs.some((b) => compareApiVersions(a, b) === 0))
    .sort(compareApiVersions)
    .at(-1);
}
