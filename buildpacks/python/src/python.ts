import { delimiter, join } from 'node:path';
import type { BuildContext, CommandResult } from '../../../src/sdk/index.ts';

/** An installed Python. */
export interface Python {
  /** `3.13.5`. */
  readonly version: string;
  /** Of the source's package; part of what layers depend on. */
  readonly source: string;
  /** The program. */
  readonly executable: string;
  /** Folders of the shared libraries that came with it. */
  readonly libraryDirectories: readonly string[];
  /** Folder with `Python.h` and its like, for compilers; the program's own layer links to it. */
  readonly headersDirectory: string | undefined;
}

/** Variables for any Python process of the build: libraries found, nothing written beside modules, nothing that differs from run to run. */
export function pythonEnvironment(context: Pick<BuildContext, 'env'>, python: Python): Record<string, string> {
  const { env } = context;
  const libraries = [...python.libraryDirectories, env['LD_LIBRARY_PATH'] ?? ''].filter((path) => path !== '');
  return {
    ...env,
    ...(libraries.length === 0 ? {} : { LD_LIBRARY_PATH: libraries.join(delimiter) }),
    PYTHONDONTWRITEBYTECODE: '1',
    PYTHONNOUSERSITE: '1',
    PYTHONUNBUFFERED: '1',
    PYTHONHASHSEED: '0',
    PYTHONUTF8: env['PYTHONUTF8'] ?? '1',
  };
}

/** `lib/python3.13/site-packages`. */
export function sitePackages(prefix: string, version: string): string {
  return join(prefix, 'lib', `python${version.split('.').slice(0, 2).join('.')}`, 'site-packages');
}

/** How a program ended, in words. */
export function exitText(result: CommandResult): string {
  return result.signal === undefined ? `exit status ${result.exitCode}` : `signal ${result.signal}`;
}
