import { describe, expect, it } from 'vitest';
import { choosePythonVersion, findVersionRequests, type VersionSources } from '../../../buildpacks/python/src/python-version.ts';

const NONE: VersionSources = {
  variable: undefined,
  pythonVersionFile: undefined,
  runtimeFile: undefined,
  pipfile: undefined,
  poetry: undefined,
  requiresPython: undefined,
  setup: undefined,
};
const OFFERED = ['3.11.2', '3.13.5', '3.12.9'];
const choose = (sources: Partial<VersionSources>, offered = OFFERED) => choosePythonVersion(findVersionRequests({ ...NONE, ...sources }), offered);

describe('choosePythonVersion()', () => {
  it('takes the newest when nothing is asked for', () => {
    expect(choose({})).toEqual({ version: '3.13.5', reason: 'the newest; the application asks for none', warnings: [] });
  });

  it.each<[Partial<VersionSources>, string, string]>([
    [{ variable: '3.11' }, '3.11.2', 'the newest for "3.11" in BP_PYTHON_VERSION'],
    [{ variable: '3.12.x' }, '3.12.9', 'the newest for "3.12.x" in BP_PYTHON_VERSION'],
    [{ variable: '>=3.11,<3.13' }, '3.12.9', 'the newest for ">=3.11,<3.13" in BP_PYTHON_VERSION'],
    [{ pythonVersionFile: '# pinned\n3.12 # minor\n3.11\n' }, '3.12.9', 'the newest for "3.12" in .python-version'],
    [{ pythonVersionFile: 'cpython-3.11' }, '3.11.2', 'the newest for "cpython-3.11" in .python-version'],
    [{ runtimeFile: 'python-3.11.2\n' }, '3.11.2', 'the newest for "python-3.11.2" in runtime.txt'],
    [{ pipfile: '3.11' }, '3.11.2', 'the newest for "3.11" in Pipfile'],
    [{ poetry: '~3.11' }, '3.11.2', 'the newest for "~3.11" in python in [tool.poetry.dependencies] of pyproject.toml'],
    [{ requiresPython: '>=3.8,<3.13' }, '3.12.9', 'the newest for ">=3.8,<3.13" in requires-python in pyproject.toml'],
    [{ setup: '>=3.6' }, '3.13.5', 'the newest for ">=3.6" in python_requires of the setup file'],
  ])('follows %o', (sources, version, reason) => {
    expect(choose(sources)).toEqual({ version, reason, warnings: [] });
  });

  it('looks for a version that suits all, and lets the first decide', () => {
    expect(choose({ requiresPython: '>=3.8', setup: '<3.12' })?.version).toBe('3.11.2');
    expect(choose({ pythonVersionFile: '3.11', requiresPython: '>=3.12' })).toMatchObject({
      version: '3.11.2',
      warnings: [{ message: 'Python 3.11.2, by .python-version, is not what requires-python in pyproject.toml wants (">=3.12")' }],
    });
  });

  it('takes a newer patch of a pinned version, with a warning, and never an older one', () => {
    expect(choose({ pythonVersionFile: '3.13.2' })).toMatchObject({
      version: '3.13.5',
      warnings: [{ nextStep: 'Write 3.13 in .python-version to follow its fixes.' }],
    });
    expect(choose({ pythonVersionFile: '3.13.9' })).toBeUndefined();
    expect(choose({ requiresPython: '==3.13.2' })).toBeUndefined();
  });

  it('finds none where none fits', () => {
    expect(choose({ variable: '3.99' })).toBeUndefined();
    expect(choose({}, [])).toBeUndefined();
  });
});

describe('findVersionRequests()', () => {
  it.each<Partial<VersionSources>>([{ variable: 'pypy3.10' }, { pythonVersionFile: 'system' }, { poetry: 'newest' }, { requiresPython: '3.x' }])(
    'refuses %o',
    (sources) => {
      expect(() => findVersionRequests({ ...NONE, ...sources })).toThrow(/^Cannot choose a Python version: ".*" in .* is neither a version nor a range$/);
    },
  );
});
