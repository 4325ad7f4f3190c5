import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { createGoBuildpack } from '../../../buildpacks/go/src/buildpack.ts';
import { createBuildKit } from '../../../src/sdk/testing/index.ts';
import { createTar } from '../../support/deb-file.ts';
import { createFakeGo } from '../../support/fake-go.ts';
import { startTestServer, type TestServer } from '../../support/test-server.ts';

const LIST = '/dl/?mode=json&include=all';
const architecture = process.arch === 'x64' ? 'amd64' : process.arch;
const NAME = `go1.25.3.linux-${architecture}.tar.gz`;
const ARCHIVE = gzipSync(
  createTar([
    { path: 'go/VERSION', content: 'go1.25.3\ntime 2025-10-07T00:00:00Z\n' },
    { path: 'go/bin/go', mode: 0o755, content: 'go' },
    { path: 'go/pkg/tool/compile', mode: 0o755, content: 'compile' },
    { path: 'go/src/fmt/print.go', content: 'package fmt' },
    { path: 'go/test/x.go', content: 'not wanted' },
  ]),
);

function release(version: string, sha256: string) {
  const file = (os: string, arch: string, kind: string, filename: string) => ({ filename, os, arch, version, sha256, size: 1, kind });
  return {
    version,
    stable: true,
    files: [
      file('', '', 'source', `${version}.src.tar.gz`),
      file('darwin', architecture, 'archive', `${version}.darwin-${architecture}.tar.gz`),
      file('linux', architecture, 'archive', `${version}.linux-${architecture}.tar.gz`),
    ],
  };
}

/** go.dev with two versions, one of which has an archive. */
function startStandIn(changes: Readonly<Record<string, string>> = {}): Promise<TestServer> {
  const files: Readonly<Record<string, string | Buffer>> = {
    [LIST]: JSON.stringify([release('go1.25.3', createHash('sha256').update(ARCHIVE).digest('hex')), release('go1.24.9', '0'.repeat(64))]),
    [`/dl/${NAME}`]: ARCHIVE,
    ...changes,
  };
  return startTestServer(({ url }, response) => {
    response.statusCode = files[url] === undefined ? 404 : 200;
    response.end(files[url]);
  });
}

function kitFor(origin: string, version: string, sources = 'go.dev') {
  const go = createFakeGo();
  const kit = createBuildKit({
    buildpack: createGoBuildpack((_, directory) => Promise.resolve(join(directory, 'go'))),
    buildpackDirectory: join(import.meta.dirname, '../../../buildpacks/go'),
    application: { 'go.mod': 'module example.com/shop\n', 'main.go': 'package main\nfunc main() {}\n' },
    run: go.run,
    env: { BP_GO_VERSION: version, TSPACK_GO_SOURCES: sources, TSPACK_MIRROR_GO_DEV: origin },
  });
  return { kit, go, [Symbol.dispose]: () => kit[Symbol.dispose]() };
}

describe('go.dev', () => {
  it('gives a toolchain, as its archive has it, and is asked for nothing again', async () => {
    await using server = await startStandIn();
    using it = kitFor(server.origin, '1.25.3');
    const { exitCode, stderr, stdout } = await it.kit.build();
    expect([exitCode, stderr]).toEqual([0, '']);
    expect(stdout).toContain('Go 1.25.3: ');
    expect(readdirSync(join(it.kit.layersDirectory, 'go')).sort()).toEqual(['VERSION', 'bin', 'pkg', 'src']);
    expect(readFileSync(join(it.kit.layersDirectory, 'go/bin/go'), 'utf8')).toBe('go');
    expect(server.seen.map(({ url }) => url)).toEqual([LIST, `/dl/${NAME}`]);
    expect(it.go.calls.some((call) => call.startsWith('mod download'))).toBe(false);
    await it.kit.build();
    expect(server.seen).toHaveLength(2);
  });

  it('comes after the module proxy, for what that does not offer', async () => {
    await using server = await startStandIn();
    using it = kitFor(server.origin, '1.25.3', 'proxy,go.dev');
    const { stdout } = await it.kit.build();
    expect(it.go.calls[0]).toBe('list -m -versions go');
    expect(stdout).toContain('Go 1.25.3: ');
    it.kit.setEnv('BP_GO_VERSION', '1.27.4');
    const asked = server.seen.length;
    expect((await it.kit.build()).stdout).toContain('Go 1.27.4: ');
    expect(server.seen).toHaveLength(asked);
  });

  it('names what it offers when none fits', async () => {
    await using server = await startStandIn();
    using it = kitFor(server.origin, '1.99');
    expect((await it.kit.build()).stderr).toContain('go.dev offers 1.24.9, 1.25.3 [RUNTIME_UNAVAILABLE]');
  });

  it.each([
    ['an archive with another digest', { [`/dl/${NAME}`]: 'something else' }, 'DOWNLOAD_DIGEST_MISMATCH'],
    ['a list that is none', { [LIST]: '{}' }, 'RUNTIME_SOURCE_UNAVAILABLE'],
  ])('keeps nothing of %s', async (_, changes, code) => {
    await using server = await startStandIn(changes);
    using it = kitFor(server.origin, '1.25.3');
    const { exitCode, stderr } = await it.kit.build();
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining(`[${code}]`)]);
    expect(existsSync(join(it.kit.layersDirectory, 'go.toml'))).toBe(false);
    expect(readdirSync(it.kit.layersDirectory).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it('that cannot be reached is an error, which says what to do', async () => {
    const gone = await startStandIn();
    await gone[Symbol.asyncDispose]();
    using it = kitFor(gone.origin, '1.25.3', 'proxy,go.dev');
    const { stderr } = await it.kit.build();
    expect(stderr).toMatch(/proxy offers .*; go\.dev cannot be asked: .* \[RUNTIME_SOURCE_UNAVAILABLE\]\n {2}.*leave go\.dev out of TSPACK_GO_SOURCES/);
  });
});
