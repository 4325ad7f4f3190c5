import { pythonVersionInvalid } from './errors.ts';
import { comparePythonVersions, fromPoetryConstraint, isSpecifier, versionSatisfies } from './specifiers.ts';

/** What one file says about the version of Python. */
export interface VersionRequest {
  /** As written. */
  readonly text: string;
  /** Where: `.python-version`, `requires-python in pyproject.toml`. */
  readonly source: string;
  /** Alternatives of PEP 440 specifiers; one of them has to allow the version. */
  readonly specifiers: readonly string[];
  /** The version that is pinned to the last number; a newer one of its line has the same features, and more fixes. */
  readonly pinned: string | undefined;
}

/** Where versions are written. Texts of files; undefined for what is not there. */
export interface VersionSources {
  /** `BP_PYTHON_VERSION`. */
  readonly variable: string | undefined;
  /** `.python-version`, of pyenv and uv. */
  readonly pythonVersionFile: string | undefined;
  /** `runtime.txt`. */
  readonly runtimeFile: string | undefined;
  /** `python_full_version` or `python_version` of `[requires]` in the Pipfile, or of Pipfile.lock. */
  readonly pipfile: string | undefined;
  /** `python` of Poetry's dependencies. */
  readonly poetry: string | undefined;
  /** `requires-python` of pyproject.toml. */
  readonly requiresPython: string | undefined;
  /** `python_requires` of setup.cfg or setup.py. */
  readonly setup: string | undefined;
}

/** Everything that is said about the version, what counts most first. Throws `PYTHON_VERSION_INVALID`. */
export function findVersionRequests(sources: VersionSources): readonly VersionRequest[] {
  const requests: (VersionRequest | undefined)[] = [
    pinRequest(sources.variable, 'BP_PYTHON_VERSION'),
    pinRequest(firstLine(sources.pythonVersionFile), '.python-version'),
    pinRequest(firstLine(sources.runtimeFile), 'runtime.txt'),
    pinRequest(sources.pipfile, 'Pipfile'),
    poetryRequest(sources.poetry),
    rangeRequest(sources.requiresPython, 'requires-python in pyproject.toml'),
    rangeRequest(sources.setup, 'python_requires of the setup file'),
  ];
  return requests.filter((request) => request !== undefined);
}

/** A chosen version, and the rule that chose it. */
export interface ChosenVersion {
  readonly version: string;
  readonly reason: string;
  readonly warnings: readonly { readonly message: string; readonly nextStep: string }[];
}

/**
 * The newest offered version that the first request allows, and among those one that all others allow too, when there is one;
 * undefined when none is offered that the first request allows.
 */
export function choosePythonVersion(requests: readonly VersionRequest[], offered: readonly string[]): ChosenVersion | undefined {
  const newestFirst = [...offered].sort((a, b) => comparePythonVersions(b, a));
  const [first, ...others] = requests;
  if (first === undefined) {
    const version = newestFirst[0];
    return version === undefined ? undefined : { version, reason: 'the newest; the application asks for none', warnings: [] };
  }
  const exact = newestFirst.filter((version) => allows(first, version));
  const fitting = exact.length > 0 ? exact : newestFirst.filter((version) => isNewerPatch(first, version));
  const version = fitting.find((candidate) => others.every((other) => allows(other, candidate))) ?? fitting[0];
  if (version === undefined) return undefined;
  const warnings = others
    .filter((other) => !allows(other, version))
    .map((other) => ({
      message: `Python ${version}, by ${first.source}, is not what ${other.source} wants ("${other.text}")`,
      nextStep: `Make ${first.source} and ${other.source} agree.`,
    }));
  if (exact.length === 0)
    warnings.unshift({
      message: `Python ${first.pinned!} of ${first.source} is not offered; ${version} is, which has the same features and more fixes`,
      nextStep: `Write ${minorOf(version)} in ${first.source} to follow its fixes.`,
    });
  return { version, reason: `the newest for "${first.text}" in ${first.source}`, warnings };
}

function allows(request: VersionRequest, version: string): boolean {
  return request.specifiers.some((specifier) => versionSatisfies(version, specifier));
}

function isNewerPatch({ pinned }: VersionRequest, version: string): boolean {
  return pinned !== undefined && minorOf(pinned) === minorOf(version) && comparePythonVersions(version, pinned) > 0;
}

/** `3.13` of `3.13.5`. */
export function minorOf(version: string): string {
  return version.split('.').slice(0, 2).join('.');
}

/** A version or the beginning of one, or specifiers. */
function pinRequest(raw: string | undefined, source: string): VersionRequest | undefined {
  const text = raw?.trim() ?? '';
  if (text === '') return undefined;
  const version = /^(?:c?python-?)?(\d+(?:\.\d+)*(?:(?:a|b|rc)\d+)?)(?:\.[x*])?$/i.exec(text)?.[1];
  if (version !== undefined) {
    const numbers = version.split('.').length;
    return { text, source, specifiers: [numbers > 2 ? `==${version}` : `==${version}.*`], pinned: numbers > 2 ? version : undefined };
  }
  const specifiers = fromPoetryConstraint(text);
  if (specifiers === undefined) throw pythonVersionInvalid(text, source);
  return { text, source, specifiers, pinned: undefined };
}

function poetryRequest(text: string | undefined): VersionRequest | undefined {
  if (text === undefined) return undefined;
  const source = 'python in [tool.poetry.dependencies] of pyproject.toml';
  const specifiers = fromPoetryConstraint(text);
  if (specifiers === undefined) throw pythonVersionInvalid(text, source);
  return { text, source, specifiers, pinned: undefined };
}

function rangeRequest(text: string | undefined, source: string): VersionRequest | undefined {
  if (text === undefined) return undefined;
  if (!isSpecifier(text)) throw pythonVersionInvalid(text, source);
  return { text, source, specifiers: [text], pinned: undefined };
}

/** pyenv lets several versions be named; the first is the one that `python` is. */
function firstLine(text: string | undefined): string | undefined {
  return text
    ?.split(/\r?\n/)
    .map((line) => line.replace(/#.*/, '').trim())
    .find((line) => line !== '');
}
