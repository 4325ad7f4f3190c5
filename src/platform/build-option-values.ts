import { posix } from 'node:path';
import { TspackError } from '../foundation/index.ts';
import { DEFAULT_WORKSPACE, PLATFORM, RESERVED, SCRATCH, isWithin } from './layout.ts';
import type { SandboxPath } from '../executor/index.ts';
import type { ImagePlatform } from '../oci/index.ts';

/** Where the application lies; pack takes `app` for `/app`. Throws `BUILD_OPTION_INVALID`. */
export function parseWorkspace(text: string | undefined): SandboxPath {
  if (text === undefined || text === '') return DEFAULT_WORKSPACE;
  const path = posix.resolve('/', text);
  if (path === '/' || /[\0:\n]/.test(path)) throw noWorkspace(text, 'want a folder below /, without ":" and line breaks');
  const owner = [...RESERVED, PLATFORM, SCRATCH].find((folder) => isWithin(path, folder) || isWithin(folder, path));
  if (owner !== undefined) throw noWorkspace(text, `${owner} belongs to the build`);
  return path as SandboxPath;
}

/** The standard knows production, test and development, and leaves room for more (CNB.md C210). Throws `BUILD_OPTION_INVALID`. */
export function parseExecEnv(text: string | undefined): string {
  if (text === undefined || text === '') return 'production';
  if (/^[A-Za-z0-9.-]+$/.test(text)) return text;
  throw invalid(`Cannot build for the execution environment "${text}": want letters, digits, "." and "-"`, 'Use production, test or development');
}

/** The member of a user; empty when it is not asked for. Throws `BUILD_OPTION_INVALID`. */
export function userId<Name extends 'uid' | 'gid'>(name: Name, id: number | undefined): { readonly [Key in Name]?: number } {
  if (id === undefined) return {};
  if (Number.isInteger(id) && id >= 0 && id <= 2_147_483_647) return { [name]: id } as { readonly [Key in Name]?: number };
  throw invalid(`Cannot build as ${name} ${id}: want a number from 0 to 2147483647`, `Correct --${name}`);
}

/** Later than the year 9999 has no RFC 3339 form. */
const LATEST_SECONDS = 253_402_300_799;

/** Throws `BUILD_OPTION_INVALID`. */
export function requireTime(seconds: number | undefined): void {
  if (seconds === undefined || (Number.isInteger(seconds) && seconds >= 0 && seconds <= LATEST_SECONDS)) return;
  throw invalid(
    `Cannot say that the image was made at ${seconds}: want seconds since 1970, up to ${LATEST_SECONDS}`,
    'Write --creation-time now, or a Unix time',
  );
}

/** `os/arch[/variant]`. Throws `BUILD_OPTION_INVALID`. */
export function parsePlatform(text: string): ImagePlatform {
  const [, os, architecture, variant] = /^([a-z0-9]+)\/([a-z0-9_]+)(?:\/([a-z0-9.]+))?$/.exec(text) ?? [];
  if (os !== undefined && architecture !== undefined) return { os, architecture, ...(variant === undefined ? {} : { variant }) };
  throw invalid(`Cannot build for "${text}": want <os>/<architecture> or <os>/<architecture>/<variant>`, 'Write for example --platform linux/amd64');
}

function noWorkspace(text: string, why: string): TspackError {
  return invalid(`Cannot put the application at "${text}": ${why}`, 'Write for example --workspace /app');
}

function invalid(message: string, nextStep: string): TspackError {
  return new TspackError({ code: 'BUILD_OPTION_INVALID', message, nextStep });
}
