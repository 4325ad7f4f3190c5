import { cpSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { updateBuildpackLocks } from '../../src/builder/index.ts';
import { runCommand, type CommandRunner } from '../../src/sdk/index.ts';
import type { FakeAptRepository, FakePackage } from './fake-apt-repository.ts';
import { FAKE_CLOCK, fakeDebian } from './fake-builder.ts';
import { zipFile } from './zip-file.ts';

const buildpack = join(import.meta.dirname, '../../buildpacks/python');

/** Copies the Python buildpack's descriptor into `directory`, with locks of packages of a few bytes that the repository then serves. */
export async function writeFakePythonBuildpack(repository: FakeAptRepository, home: string): Promise<string> {
  const directory = join(home, 'python-buildpack');
  mkdirSync(join(directory, 'packages'), { recursive: true });
  cpSync(join(buildpack, 'buildpack.toml'), join(directory, 'buildpack.toml'));
  const names = new Set<string>();
  for (const file of readdirSync(join(buildpack, 'packages')).filter((name) => name.endsWith('.toml'))) {
    const text = readFileSync(join(buildpack, 'packages', file), 'utf8');
    for (const [, list] of text.matchAll(/^packages = \[(.*)\]$/gm)) for (const [, name] of list!.matchAll(/"([^"]+)"/g)) names.add(name!);
    // The fake repository has one suite, and no builder whose packages could be left out.
    writeFileSync(join(directory, 'packages', file), text.replace(/^suites = .*$/m, 'suites = ["trixie"]').replace(/^on = .*\n/m, ''));
  }
  repository.publish(
    'trixie',
    [...names].map((name) => fakePackage(name)),
  );
  const { keyringDirectory } = repository;
  const debian = fakeDebian(repository, join(home, 'cache'));
  await updateBuildpackLocks({ directory, buildersDirectory: home, debian, clock: FAKE_CLOCK, keyringDirectory });
  repository.requests.length = 0;
  return directory;
}

function fakePackage(name: string): FakePackage {
  const minor = /^(?:lib)?python(3\.\d+)-/.exec(name)?.[1];
  const version = minor === '3.13' ? '3.13.5-2' : minor === '3.11' ? '3.11.2-6' : '1.0';
  const file = (path: string, content: string | Uint8Array = '', mode = 0o644) => ({ path: `./${path}`, content, mode });
  const entries =
    name === 'python3-pip-whl'
      ? [file('usr/share/python-wheels/pip-25.1.1-py3-none-any.whl', zipFile({ 'pip/__main__.py': '', 'pip-25.1.1.dist-info/METADATA': 'Name: pip\n' }))]
      : name.endsWith('-dev')
        ? [file(`usr/include/python${minor!}/Python.h`), file(`usr/lib/libpython${minor!}.a`)]
        : name.endsWith('-stdlib')
          ? [file(`usr/lib/python${minor!}/os.py`), file(`usr/lib/python${minor!}/test/test_os.py`), file(`usr/lib/python${minor!}/turtle.py`)]
          : name.endsWith('-minimal')
            ? [file(`usr/bin/python${minor!}`, '#!/bin/sh\n', 0o755)]
            : [file(`usr/lib/x86_64-linux-gnu/${name}.so`)];
  return { name, version, architecture: 'all', entries };
}

/** What the fake index has of a package. */
export interface FakeDistribution {
  readonly version?: string;
  readonly requires?: readonly string[];
  /** Files in site-packages. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
}

/** Python in name only. */
export interface FakePython {
  /** pip's command and arguments, without the options of every run; requirements files by their lines. */
  readonly pip: string[];
  readonly environments: Readonly<Record<string, string>>[];
  /** Arguments of every other run of Python. */
  readonly calls: string[];
  readonly run: CommandRunner;
  /** When set, every run of pip prints this and fails. */
  fail: string | undefined;
  /** Runs in place of `manage.py`; what it returns is printed, and an error is exit status 1. */
  manage: (cwd: string) => string;
}

const USUAL = ['--no-input', '--disable-pip-version-check', '--progress-bar', 'off', '--no-color', '--no-compile', '--no-warn-script-location'];
const HASH = 'c'.repeat(64);

/** Runs everything for real but Python: pip installs what the lines of its requirements files name, and makes wheels of folders with a pyproject.toml. */
export function createFakePython(index: Readonly<Record<string, FakeDistribution>> = {}): FakePython {
  const fake: FakePython = {
    pip: [],
    environments: [],
    calls: [],
    fail: undefined,
    manage: () => '',
    run: async (command) => {
      const [program = '', first = '', ...args] = command.command;
      if (!/^python/.test(basename(program))) return await runCommand(command);
      const done = (text = '', exitCode = 0) => {
        command.output(text);
        return { exitCode, signal: undefined, tail: text, stdout: text };
      };
      if (first === 'manage.py') {
        fake.calls.push([first, ...args].join(' '));
        try {
          return done(fake.manage(command.cwd));
        } catch (error) {
          return done(String(error), 1);
        }
      }
      if (basename(first) !== 'pip') {
        fake.calls.push([first, ...args].slice(0, 7).join(' '));
        return done();
      }
      fake.environments.push(command.env);
      const option = (name: string) => (args.includes(name) ? args[args.indexOf(name) + 1] : undefined);
      const file = option('-r');
      const lines = file === undefined ? [] : readFileSync(file, 'utf8').trim().split('\n');
      const hidden = new Set([...USUAL, '--report', option('--report') ?? '', '-r', file ?? '']);
      fake.pip.push([...args.filter((word) => !hidden.has(word)), ...(file === undefined ? [] : [`{${lines.join(', ')}}`])].join(' '));
      if (fake.fail !== undefined) return done(fake.fail, 1);
      const prefix = option('--prefix') ?? dirname(dirname(program));
      if (args[0] === 'wheel') buildWheel(join(command.cwd, args.at(-1)!), option('--wheel-dir')!);
      else if (file === undefined)
        for (const wheel of args.filter((word) => word.endsWith('.whl'))) writeDistribution(prefix, basename(wheel).split('-')[0]!, {});
      else {
        const names = requirementNames(lines);
        for (const name of names) writeDistribution(prefix, name, index[name] ?? {});
        const installed = names.map((name) => ({ metadata: { name }, download_info: { archive_info: { hashes: { sha256: HASH } } } }));
        writeFileSync(option('--report')!, JSON.stringify({ version: '1', install: installed }));
      }
      return done();
    },
  };
  return fake;
}

function requirementNames(lines: readonly string[]): readonly string[] {
  return lines.flatMap((line) => {
    const included = /^-r (.*)$/.exec(line)?.[1];
    if (included !== undefined) return requirementNames(readFileSync(included, 'utf8').split('\n'));
    return /^[A-Za-z0-9][\w.-]*/.exec(line)?.[0] ?? [];
  });
}

function writeDistribution(prefix: string, name: string, { version = '1.0', requires = [], files = {} }: FakeDistribution): void {
  mkdirSync(join(prefix, 'lib'), { recursive: true });
  const minor = readdirSync(join(prefix, 'lib')).find((entry) => entry.startsWith('python'));
  const metadata = [
    `Metadata-Version: 2.4`,
    `Name: ${name}`,
    `Version: ${version}`,
    'License-Expression: MIT',
    ...requires.map((one) => `Requires-Dist: ${one}`),
  ];
  for (const [path, content] of Object.entries({
    [`${name}-${version}.dist-info/METADATA`]: `${metadata.join('\n')}\n\nWords.\n`,
    [`${name}/__init__.py`]: '',
    ...files,
  })) {
    const target = join(prefix, 'lib', minor ?? 'python3.13', 'site-packages', path);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, content);
  }
}

/** As setuptools does, it leaves a folder beside the source. */
function buildWheel(source: string, directory: string): void {
  const text = readFileSync(join(source, 'pyproject.toml'), 'utf8');
  const name = /^name = "(.*)"$/m.exec(text)![1]!;
  const requires = [...(/^dependencies = \[(.*)\]$/m.exec(text)?.[1] ?? '').matchAll(/"([^"]+)"/g)].map(([, one]) => `Requires-Dist: ${one!}`);
  const extras = [...(/^web = \[(.*)\]$/m.exec(text)?.[1] ?? '').matchAll(/"([^"]+)"/g)].map(([, one]) => `Requires-Dist: ${one!} ; extra == "web"`);
  mkdirSync(directory, { recursive: true });
  mkdirSync(join(source, `${name}.egg-info`), { recursive: true });
  const metadata = ['Metadata-Version: 2.4', `Name: ${name}`, 'Version: 1.0', ...requires, ...extras].join('\n');
  writeFileSync(join(directory, `${name}-1.0-py3-none-any.whl`), zipFile({ [`${name}-1.0.dist-info/METADATA`]: `${metadata}\n\n` }));
}
