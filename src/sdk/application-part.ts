import { statSync } from 'node:fs';
import { join, normalize } from 'node:path';
import { TspackError } from '../foundation/index.ts';

/**
 * The part of a repository that is to be built, relative to the application directory: `BP_APP`, which `tspack build --app` and
 * project.toml set; empty for the whole. Throws `APP_INVALID` when it is outside of the application or no folder.
 */
export function readApplicationPart(applicationDirectory: string, env: Readonly<Record<string, string>>): string {
  const text = (env['BP_APP'] ?? '').trim();
  const path = normalize(text.replace(/\/+$/, '') || '.');
  if (path === '.') return '';
  if (path.startsWith('/') || path === '..' || path.startsWith('../')) throw invalid(text, 'it is outside of the source');
  if (statSync(join(applicationDirectory, path), { throwIfNoEntry: false })?.isDirectory() !== true) throw invalid(text, 'there is no such folder');
  return path;
}

function invalid(path: string, problem: string): TspackError {
  return new TspackError({
    code: 'APP_INVALID',
    message: `Cannot build the part "${path}" of the source: ${problem}`,
    nextStep: 'Give --app, or BP_APP, a folder below the source, such as "packages/web".',
  });
}
