import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pythonBuildpack } from '../../../buildpacks/python/src/buildpack.ts';
import { createBuildKit } from '../../../src/sdk/testing/index.ts';
import { createTar } from '../../support/deb-file.ts';
import { startFakeAptRepository, type FakeAptRepository } from '../../support/fake-apt-repository.ts';
import { FAKE_CLOCK } from '../../support/fake-builder.ts';
import { createFakePython, writeFakePythonBuildpack } from '../../support/fake-python.ts';
import { startTestServer, type TestServer } from '../../support/test-server.ts';

let repository: FakeAptRepository;
let home: string;
let buildpackDirectory: string;
beforeAll(async () => {
  repository = await startFakeAptRepository({ trixie: [] });
  home = mkdtempSync(join(tmpdir(), 'tspack-python-'));
  buildpackDirectory = await writeFakePythonBuildpack(repository, home);
});
afterAll(async () => {
  await repository.close();
  rmSync(home, { recursive: true });
});

const RELEASES = '/astral-sh/python-build-standalone/releases';
const SUMS = `${RELEASES}/latest/download/SHA256SUMS`;
const name = (version: string, end = 'x86_64-unknown-linux-gnu-install_only_stripped') => `cpython-${version}+20260203-${end}.tar.gz`;
const ADDRESS = `${RELEASES}/download/20260203/${encodeURIComponent(name('3.12.9'))}`;
const ARCHIVE = gzipSync(
  createTar([
    { path: 'python/bin/python3.12', mode: 0o755, content: '#!/bin/sh\n' },
    { path: 'python/bin/pip3.12', mode: 0o755, content: 'not wanted' },
    { path: 'python/bin/python3.12-config', mode: 0o755, content: 'not wanted' },
    { path: 'python/include/python3.12/Python.h', content: 'header' },
    { path: 'python/lib/libpython3.12.so.1.0', content: 'library' },
    { path: 'python/lib/libtcl9.0.so', content: 'not wanted' },
    { path: 'python/lib/tk9.0/tk.tcl', content: 'not wanted' },
    { path: 'python/lib/python3.12/os.py', content: '' },
    { path: 'python/lib/python3.12/test/test_os.py', content: 'not wanted' },
    { path: 'python/lib/python3.12/site-packages/pip/__init__.py', content: 'not wanted' },
    {
      path: 'python/lib/python3.12/_sysconfigdata__linux_x86_64-linux-gnu.py',
      content: "{'AR': '/tools/llvm/bin/llvm-ar', 'CC': 'clang -pthread', 'CXX': '/tools/llvm/bin/clang++', 'LIBDIR': '/install/lib', 'O': '/other/install/x'}",
    },
    { path: 'python/share/man/man1/python3.1', content: 'not wanted' },
  ]),
);
const sums = (digest: string) =>
  [
    `${'1'.repeat(64)}  ${name('3.12.9', 'x86_64-unknown-linux-gnu-install_only')}`,
    `${digest}  ${name('3.12.9')}`,
    `${'2'.repeat(64)}  ${name('3.12.9', 'aarch64-unknown-linux-gnu-install_only_stripped')}`,
    `${'3'.repeat(64)}  ${name('3.10.19', 'x86_64-unknown-linux-gnu-install_only')}`,
    `${'4'.repeat(64)}  ${name('3.15.0a5')}`,
    `${'5'.repeat(64)}  ${name('3.14.2', 'x86_64-unknown-linux-gnu-freethreaded-install_only_stripped')}`,
    '',
  ].join('\n');

/** The releases of python-build-standalone, by way of a mirror of github.com. */
function startStandIn(changes: Readonly<Record<string, string>> = {}): Promise<TestServer> {
  const files: Readonly<Record<string, string | Buffer>> = {
    [SUMS]: sums(createHash('sha256').update(ARCHIVE).digest('hex')),
    [ADDRESS]: ARCHIVE,
    ...changes,
  };
  return startTestServer(({ url }, response) => {
    response.statusCode = files[url] === undefined ? 404 : 200;
    response.end(files[url]);
  });
}

function kitFor(origin: string, version: string) {
  return createBuildKit({
    buildpack: pythonBuildpack,
    buildpackDirectory,
    application: { 'main.py': 'print()\n', '.python-version': version },
    run: createFakePython().run,
    clock: FAKE_CLOCK,
    env: { TSPACK_DEBIAN_MIRROR: repository.mirrors.addresses.debian, TSPACK_MIRROR_GITHUB_COM: origin },
  });
}

describe('python-build-standalone', () => {
  it('is asked when Debian has no such Python, and its archive becomes the layers', async () => {
    await using server = await startStandIn();
    using kit = kitFor(server.origin, '3.12');
    const { exitCode, stdout, stderr } = await kit.build();
    expect([exitCode, stderr]).toEqual([0, '']);
    expect(stdout).toContain('Python 3.12.9 from python-build-standalone: the newest for "3.12" in .python-version');
    const usr = join(kit.layersDirectory, 'python/usr');
    expect(readdirSync(join(usr, 'bin'))).toEqual(['python3.12']);
    expect(readdirSync(join(usr, 'lib')).sort()).toEqual(['libpython3.12.so.1.0', 'python3.12']);
    expect(readdirSync(join(usr, 'lib/python3.12')).sort()).toEqual(['_sysconfigdata__linux_x86_64-linux-gnu.py', 'os.py']);
    expect(readFileSync(join(usr, 'include/python3.12/Python.h'), 'utf8')).toBe('header');
    expect(readFileSync(join(usr, 'lib/python3.12/_sysconfigdata__linux_x86_64-linux-gnu.py'), 'utf8')).toBe(
      `{'AR': 'ar', 'CC': 'cc -pthread', 'CXX': 'c++', 'LIBDIR': '${usr}/lib', 'O': '/other/install/x'}`,
    );
    expect(existsSync(join(kit.layersDirectory, 'python/env.launch/LD_LIBRARY_PATH.prepend'))).toBe(false);
    expect((await kit.build()).stdout).toContain('Reusing Python 3.12.9');
  });

  it('is asked for nothing when Debian has it', async () => {
    await using server = await startStandIn();
    using kit = kitFor(server.origin, '3.13');
    expect((await kit.build()).exitCode).toBe(0);
    expect(server.seen).toEqual([]);
  });

  it('offers final versions for the target, which the error names beside those of Debian', async () => {
    await using server = await startStandIn();
    using kit = kitFor(server.origin, '3.14');
    expect((await kit.build()).stderr).toContain(
      'Cannot find a Python for "3.14" in .python-version: debian offers 3.11.2, 3.13.5; python-build-standalone offers 3.10.19, 3.12.9 [RUNTIME_UNAVAILABLE]',
    );
  });

  it.each([
    ['an archive with another digest', { [ADDRESS]: 'something else' }, 'DOWNLOAD_DIGEST_MISMATCH'],
    ['a list that names nothing', { [SUMS]: '<html>' }, 'RUNTIME_SOURCE_UNAVAILABLE'],
  ])('keeps nothing of %s', async (_, changes, code) => {
    await using server = await startStandIn(changes);
    using kit = kitFor(server.origin, '3.12');
    const { exitCode, stderr } = await kit.build();
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining(`[${code}]`)]);
    expect(existsSync(join(kit.layersDirectory, 'python.toml'))).toBe(false);
    expect(readdirSync(kit.layersDirectory).filter((entry) => entry.startsWith('.'))).toEqual([]);
  });

  it('that cannot be reached is an error, which says what Debian has and what to do', async () => {
    const gone = await startStandIn();
    await gone[Symbol.asyncDispose]();
    using kit = kitFor(gone.origin, '3.12');
    const { stderr } = await kit.build();
    expect(stderr).toContain('Cannot choose a Python for "3.12" in .python-version: debian offers 3.11.2, 3.13.5; python-build-standalone cannot be asked: ');
    expect(stderr).toContain('[RUNTIME_SOURCE_UNAVAILABLE]');
    expect(stderr).toContain('name a mirror with TSPACK_MIRROR_<HOST>, or leave python-build-standalone out of TSPACK_PYTHON_SOURCES');
  });
});
