import { describe, expect, it } from 'vitest';
import { readPipfile, readPipfileLock } from '../../../buildpacks/python/src/locks/pipfile-lock.ts';
import { readPoetryLock } from '../../../buildpacks/python/src/locks/poetry-lock.ts';
import { readUvLock } from '../../../buildpacks/python/src/locks/uv-lock.ts';
import { parsePyproject } from '../../../buildpacks/python/src/manifests/pyproject.ts';
import { markerEnvironment } from '../../../buildpacks/python/src/markers.ts';
import type { WantedPackages } from '../../../buildpacks/python/src/wanted-packages.ts';

const environment = markerEnvironment('3.13.5', 'amd64');
const hex = (digit: string) => digit.repeat(64);
const lines = (wanted: WantedPackages) =>
  wanted.steps.flatMap((step) => step.lines.map((line) => line.replaceAll(/ --hash=sha256:([0-9a-f])[0-9a-f]{63}/g, ' $1')));

describe('readPoetryLock()', () => {
  const locked = (name: string, version: string, more = '') =>
    `[[package]]\nname = "${name}"\nversion = "${version}"\noptional = false\npython-versions = ">=3.8"\nfiles = [{file = "x.whl", hash = "sha256:${hex('a')}"}]\n${more}\n`;
  const pyproject = (dependencies: string, more = '') =>
    parsePyproject(`[tool.poetry]\npackage-mode = false\n${more}\n[tool.poetry.dependencies]\npython = "^3.11"\n${dependencies}\n`);

  it('follows the dependencies of the main group, with markers and extras', () => {
    const text = [
      locked(
        'Django',
        '5.2.1',
        '[package.dependencies]\nasgiref = ">=3.8.1"\ntzdata = {version = "*", markers = "sys_platform == \\"win32\\""}\n[package.extras]\nbcrypt = ["bcrypt"]',
      ),
      locked('asgiref', '3.9.0'),
      locked('tzdata', '2025.1'),
      locked('bcrypt', '4.0.0'),
      locked('pytest', '8.0.0'),
      '[metadata]\nlock-version = "2.1"\n',
    ].join('\n');
    const plain = readPoetryLock(text, pyproject('django = "^5.2"\n[tool.poetry.group.dev.dependencies]\npytest = "*"'), environment);
    expect(lines(plain)).toEqual(['asgiref==3.9.0 a', 'Django==5.2.1 a']);
    expect(plain).toMatchObject({ steps: [{ options: ['--no-deps', '--require-hashes'] }], projects: [], complete: true, pinned: true });
    expect(lines(readPoetryLock(text, pyproject('django = {version = "^5.2", extras = ["bcrypt"]}'), environment))).toContain('bcrypt==4.0.0 a');
  });

  it('takes of several versions the one for this environment', () => {
    const text = [
      locked('numpy', '1.26.4', 'markers = "python_version < \\"3.12\\""'),
      locked('numpy', '2.2.0', 'markers = "python_version >= \\"3.12\\""'),
      locked('lib', '1.0').replace('>=3.8', '<3.12'),
      locked('lib', '2.0'),
    ].join('\n');
    expect(lines(readPoetryLock(text, pyproject('numpy = "*"\nlib = ">=1"'), environment))).toEqual(['lib==2.0 a', 'numpy==2.2.0 a']);
  });

  it('reads hashes where older versions of the format have them', () => {
    const text = `[[package]]\nname = "six"\nversion = "1.16.0"\ncategory = "main"\n[metadata.files]\nsix = [{file = "six.whl", hash = "sha256:${hex('b')}"}]\n`;
    expect(lines(readPoetryLock(text, pyproject('six = "1.16.0"'), environment))).toEqual(['six==1.16.0 b']);
  });

  it('takes packages from git, addresses and folders by their place', () => {
    const text = [
      locked(
        'a',
        '1',
        '[package.source]\ntype = "git"\nurl = "https://example.test/a.git"\nreference = "main"\nresolved_reference = "c0ffee"\nsubdirectory = "py"',
      ),
      locked('b', '1', '[package.source]\ntype = "url"\nurl = "https://example.test/b.whl"'),
      locked('c', '1', 'develop = true\n[package.source]\ntype = "directory"\nurl = "libs/c"'),
    ].join('\n');
    const wanted = readPoetryLock(
      text,
      pyproject('a = {git = "https://example.test/a.git"}\nb = {url = "https://example.test/b.whl"}\nc = {path = "libs/c"}'),
      environment,
    );
    expect(lines(wanted)).toEqual(['b @ https://example.test/b.whl a', 'a @ git+https://example.test/a.git@c0ffee#subdirectory=py']);
    expect(wanted.steps.map(({ options }) => options)).toEqual([['--no-deps', '--require-hashes'], ['--no-deps']]);
    expect(wanted.projects).toEqual([{ directory: 'libs/c', extras: [], editable: true, source: 'poetry.lock' }]);
  });

  it('installs the application where it is a package', () => {
    const manifest = parsePyproject('[project]\nname = "x"\ndependencies = ["six>=1"]\n[tool.poetry]\n[build-system]\nrequires = ["poetry-core"]');
    expect(readPoetryLock(locked('six', '1.16.0'), manifest, environment).projects).toEqual([
      { directory: '.', extras: [], editable: false, source: 'pyproject.toml' },
    ]);
  });

  it('refuses a lock that does not fit pyproject.toml, or is broken', () => {
    expect(() => readPoetryLock(locked('six', '1.16.0'), pyproject('six = "^2"\nflask = "*"'), environment)).toThrow(
      'Cannot install: poetry.lock does not match pyproject.toml: the lock has no six ^2, no flask *',
    );
    expect(() => readPoetryLock('[[package]]\nname = "x"\n', pyproject(''), environment)).toThrow('Cannot use poetry.lock: a package has no name or version');
    expect(() => readPoetryLock('[[package]\n', pyproject(''), environment)).toThrow(/^Cannot parse poetry\.lock:1:\d+/);
  });
});

describe('readUvLock()', () => {
  const manifest = parsePyproject('[project]\nname = "shop"\ndependencies = ["flask>=3", "numpy"]\n');
  const locked = (name: string, version: string, more = '') =>
    `[[package]]\nname = "${name}"\nversion = "${version}"\nsource = { registry = "https://example.test/simple" }\nwheels = [{ url = "https://example.test/x.whl", hash = "sha256:${hex('a')}", size = 1 }]\n${more}\n`;
  const root = (dependencies: string, more = '', source = 'virtual') =>
    `version = 1\n[[package]]\nname = "shop"\nversion = "0.1.0"\nsource = { ${source} = "." }\ndependencies = [${dependencies}]\n${more}\n`;

  it('follows edges with markers, versions and extras, and leaves groups out', () => {
    const text = [
      root(
        '{ name = "flask", extra = ["async"] }, { name = "numpy", version = "1.26.4", source = { registry = "https://example.test/simple" }, marker = "python_full_version < \'3.12\'" }, { name = "numpy", version = "2.2.0", source = { registry = "https://example.test/simple" }, marker = "python_full_version >= \'3.12\'" }',
        '[package.dev-dependencies]\ndev = [{ name = "pytest" }]',
      ),
      locked(
        'flask',
        '3.1.0',
        'dependencies = [{ name = "click" }, { name = "colorama", marker = "sys_platform == \'win32\'" }]\n[package.optional-dependencies]\nasync = [{ name = "asgiref" }]',
      ),
      ...[
        ['click', '8.2'],
        ['colorama', '0.4'],
        ['asgiref', '3.8'],
        ['numpy', '1.26.4'],
        ['numpy', '2.2.0'],
        ['pytest', '8'],
      ].map(([name, version]) => locked(name!, version!)),
    ].join('\n');
    expect(lines(readUvLock(text, manifest, environment))).toEqual(['asgiref==3.8 a', 'click==8.2 a', 'flask==3.1.0 a', 'numpy==2.2.0 a']);
  });

  it('installs the project and members of its workspace', () => {
    const text = [
      root('{ name = "flask" }, { name = "numpy" }, { name = "member" }, { name = "fork" }', '', 'editable'),
      locked('flask', '3.1.0'),
      locked('numpy', '2.0'),
      '[[package]]\nname = "member"\nversion = "1"\nsource = { editable = "packages/member" }\n',
      '[[package]]\nname = "fork"\nversion = "1"\nsource = { git = "https://example.test/fork?rev=main&subdirectory=py#c0ffee" }\n',
    ].join('\n');
    const wanted = readUvLock(text, manifest, environment);
    expect(lines(wanted)).toEqual(['flask==3.1.0 a', 'numpy==2.0 a', 'fork @ git+https://example.test/fork@c0ffee#subdirectory=py']);
    expect(wanted.projects).toEqual([
      { directory: '.', extras: [], editable: false, source: 'uv.lock' },
      { directory: 'packages/member', extras: [], editable: true, source: 'uv.lock' },
    ]);
  });

  it('refuses a lock that does not fit pyproject.toml, or is broken', () => {
    const text = [root('{ name = "flask" }'), locked('flask', '2.0')].join('\n');
    expect(() => readUvLock(text, manifest, environment)).toThrow('uv.lock does not match pyproject.toml: the lock has no flask>=3, no numpy');
    expect(() => readUvLock(text.replaceAll('shop', 'other'), manifest, environment)).toThrow('it does not hold the project "shop" of pyproject.toml');
    const dangling = [
      root('{ name = "flask" }, { name = "numpy" }'),
      locked('flask', '3.0', 'dependencies = [{ name = "gone" }]'),
      locked('numpy', '2.0'),
    ].join('\n');
    expect(() => readUvLock(dangling, manifest, environment)).toThrow('"gone" is asked for, but not there');
  });
});

describe('readPipfileLock()', () => {
  const lock = (packages: object) => JSON.stringify({ _meta: {}, default: packages, develop: { pytest: { version: '==8' } } });

  it('reads the default packages of this environment', () => {
    const wanted = readPipfileLock(
      lock({
        flask: { version: '==3.0', hashes: [`sha256:${hex('a')}`], extras: ['async'] },
        colorama: { version: '==0.4', markers: "sys_platform == 'win32'", hashes: [] },
        mine: { path: '.', editable: true },
        tool: { git: 'https://example.test/tool.git', ref: 'c0ffee' },
      }),
      '[packages]\nflask = ">=3"\n',
      environment,
    );
    expect(lines(wanted)).toEqual(['flask[async]==3.0 a', 'tool @ git+https://example.test/tool.git@c0ffee']);
    expect(wanted.projects).toEqual([{ directory: '.', extras: [], editable: true, source: 'Pipfile.lock' }]);
  });

  it('refuses a lock that does not fit the Pipfile, or is broken', () => {
    expect(() => readPipfileLock(lock({ flask: { version: '==2.0' } }), '[packages]\nflask = ">=3"\ndjango = "*"\n', environment)).toThrow(
      'Pipfile.lock does not match Pipfile: the lock has no flask >=3, no django *',
    );
    expect(() => readPipfileLock('[]', undefined, environment)).toThrow('Cannot use Pipfile.lock: want an object with "default"');
    expect(() => readPipfileLock('{"default": {\n', undefined, environment)).toThrow('Cannot read Pipfile.lock:2:1');
  });
});

describe('readPipfile()', () => {
  it('writes what pip can read', () => {
    const text = '[packages]\nflask = "*"\ndjango = {version = ">=5", extras = ["bcrypt"], sys_platform = "== \'linux\'"}\nlib = {path = "./lib"}\n';
    const wanted = readPipfile(text);
    expect(wanted.steps).toEqual([{ lines: ['flask', "django[bcrypt]>=5 ; sys_platform == 'linux'"], options: [] }]);
    expect(wanted.projects).toEqual([{ directory: 'lib', extras: [], editable: false, source: 'Pipfile' }]);
    expect(() => readPipfile('[packages]\nflask = "new"\n')).toThrow('Cannot use Pipfile: "new" for "flask" is neither "*" nor a list of versions');
  });
});
