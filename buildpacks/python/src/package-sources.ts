import { isFile, type BuildContext } from '../../../src/sdk/index.ts';
import { readApplicationFile } from './application-files.ts';
import { packageManagerUnknown } from './errors.ts';
import type { Pyproject } from './manifests/pyproject.ts';

/** Files that say which packages an application needs, what fixes the versions first. */
export type PackageSource = 'uv.lock' | 'poetry.lock' | 'Pipfile.lock' | 'requirements.txt' | 'Pipfile' | 'pyproject.toml' | 'setup.py' | 'setup.cfg';

/** `BP_PYTHON_PACKAGE_MANAGER`: the files that each tool reads. */
const FILES_OF: Readonly<Record<string, readonly PackageSource[]>> = {
  uv: ['uv.lock', 'pyproject.toml'],
  poetry: ['poetry.lock', 'pyproject.toml'],
  pipenv: ['Pipfile.lock', 'Pipfile'],
  pip: ['requirements.txt', 'pyproject.toml', 'setup.py', 'setup.cfg'],
};
const ALL: readonly PackageSource[] = ['uv.lock', 'poetry.lock', 'Pipfile.lock', 'requirements.txt', 'Pipfile', 'pyproject.toml', 'setup.py', 'setup.cfg'];

/** The file that decides, and those that are not looked at because of it. */
export interface ChosenSource {
  readonly file: string;
  readonly kind: PackageSource;
  readonly others: readonly string[];
  /** Why, where the application had no say in it. */
  readonly reason: string | undefined;
}

/**
 * Chooses the file that says which packages are wanted; undefined when there is none. `BP_PYTHON_REQUIREMENTS` names another
 * requirements file, `BP_PYTHON_PACKAGE_MANAGER` the tool whose files count. Throws `PYTHON_PACKAGE_MANAGER_UNKNOWN`.
 */
export function choosePackageSource(context: Pick<BuildContext, 'applicationDirectory' | 'env'>, pyproject: Pyproject | undefined): ChosenSource | undefined {
  const { applicationDirectory, env } = context;
  const named = env['BP_PYTHON_REQUIREMENTS'];
  if (named !== undefined && named !== '') return { file: named, kind: 'requirements.txt', others: [], reason: 'BP_PYTHON_REQUIREMENTS names it' };
  const manager = env['BP_PYTHON_PACKAGE_MANAGER'] ?? '';
  const candidates = manager === '' ? ALL : FILES_OF[manager.toLowerCase()];
  if (candidates === undefined) throw packageManagerUnknown(manager, Object.keys(FILES_OF));
  const [first, ...others] = candidates.filter((file) => isFile(applicationDirectory, file) && saysSomething(file, applicationDirectory, pyproject));
  if (first === undefined) return undefined;
  // A manifest beside its lock is no second opinion.
  const rivals = others.filter((file) => !['pyproject.toml', 'Pipfile', 'setup.py', 'setup.cfg'].includes(file));
  return { file: first, kind: first, others: rivals, reason: manager === '' ? undefined : `BP_PYTHON_PACKAGE_MANAGER is ${manager}` };
}

/** Many files hold only the settings of tools. */
function saysSomething(file: PackageSource, applicationDirectory: string, pyproject: Pyproject | undefined): boolean {
  if (file === 'pyproject.toml') return pyproject?.project !== undefined || pyproject?.poetry !== undefined || pyproject?.hasBuildSystem === true;
  if (file === 'uv.lock' || file === 'poetry.lock') return pyproject !== undefined;
  if (file === 'setup.cfg') return /^\s*\[(?:metadata|options)\]/m.test(readApplicationFile(applicationDirectory, file) ?? '');
  return true;
}
