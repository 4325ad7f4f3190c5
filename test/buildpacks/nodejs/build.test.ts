import { execFileSync } from 'node:child_process';
import { existsSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nodejsBuildpack } from '../../../buildpacks/nodejs/src/buildpack.ts';
import { createBuildKit, type BuildKitOptions } from '../../../src/sdk/testing/index.ts';
import { createFakeNpm, createFakeRegistry } from '../../support/fake-npm.ts';

const buildpackDirectory = join(import.meta.dirname, '../../../buildpacks/nodejs');
const builderNpm = mkdtempSync(join(tmpdir(), 'tspack-npm-'));
beforeAll(() => {
  mkdirSync(join(builderNpm, 'bin'));
  writeFileSync(join(builderNpm, 'package.json'), JSON.stringify({ name: 'npm', version: '11.0.0', engines: { node: '>=18' } }));
  for (const name of ['npm-cli.js', 'npx-cli.js']) writeFileSync(join(builderNpm, 'bin', name), '');
});
afterAll(() => rmSync(builderNpm, { recursive: true }));

const lock = (manifest: object, dev: readonly string[] = []) =>
  JSON.stringify({
    lockfileVersion: 3,
    packages: { '': manifest, 'node_modules/web': {}, ...Object.fromEntries(dev.map((name) => [`node_modules/${name}`, { dev: true }])) },
  });
const manifest = { name: 'shop', version: '2.0.0', dependencies: { web: '^1' } };
const plain = {
  'package.json': JSON.stringify({ ...manifest, scripts: { start: 'node server.js' } }),
  'package-lock.json': lock(manifest),
  'server.js': 'first',
};
const withBuild = { ...manifest, devDependencies: { tool: '1' } };
const built = {
  'package.json': JSON.stringify({ ...withBuild, scripts: { start: 'node dist/x.js', build: 'tool' } }),
  'package-lock.json': lock(withBuild, ['tool']),
  'src.txt': 'one',
};

async function kitFor(application: Readonly<Record<string, string>>, options: { npm?: ReturnType<typeof createFakeNpm> } & Partial<BuildKitOptions> = {}) {
  const registry = await createFakeRegistry();
  const npm = options.npm ?? createFakeNpm();
  const kit = createBuildKit({
    buildpack: nodejsBuildpack,
    buildpackDirectory,
    application,
    run: npm.run,
    createDownloads: registry.createDownloads,
    ...options,
    env: { TSPACK_NPM: builderNpm, npm_config_registry: 'https://registry.test/', ...options.env },
  });
  return { kit, registry, npm, [Symbol.dispose]: () => kit[Symbol.dispose]() };
}

describe('detect', () => {
  it.each([['package.json'], ['server.js'], ['app.js']])('passes with %s', async (file) => {
    using it = await kitFor({ [file]: '{}' });
    expect(await it.kit.detect()).toMatchObject({
      exitCode: 0,
      plan: { alternatives: expect.arrayContaining([{ provides: ['node'], requires: [{ name: 'node' }] }]) as unknown },
    });
  });

  it.each([
    ['nothing', {}, 'the folder is empty'],
    ['many files', { a: '', b: '', c: '', d: '', e: '', f: '', g: '', '.hidden': '' }, 'the folder holds a, b, c, d, e and 2 more'],
    ['a folder of that name', { 'package.json/x': '' }, 'the folder holds package.json'],
  ])('tells what it saw: %s', async (_, files, seen) => {
    using it = await kitFor(files);
    const { stdout } = await it.kit.detect();
    expect(stdout).toContain(`here; ${seen}\n`);
    expect(shellDetect(it.kit.applicationDirectory)).toMatchObject({ status: 100, stdout });
  });

  it('explains what is missing, and bin/detect says the same without Node.js', async () => {
    using it = await kitFor({ 'frontend/package.json': '{}', 'main.py': '' });
    const result = await it.kit.detect();
    expect(result).toMatchObject({
      exitCode: 100,
      stdout: 'tspack Node.js buildpack: no package.json, server.js or app.js here (nearest: frontend/package.json); the folder holds frontend, main.py\n',
    });
    expect(shellDetect(it.kit.applicationDirectory)).toMatchObject({ status: 100, stdout: result.stdout });
  });
});

function shellDetect(cwd: string): { readonly status?: number; readonly stdout?: string } {
  try {
    execFileSync(join(buildpackDirectory, 'bin/detect'), {
      cwd,
      env: { PATH: '/usr/bin:/bin', CNB_BUILDPACK_DIR: '/nowhere', TSPACK_NODE: '/nowhere' },
      encoding: 'utf8',
    });
    return {};
  } catch (error) {
    return error as { status: number; stdout: string };
  }
}

describe('build', () => {
  it('installs Node.js and the packages in layers of their own and starts a node process', async () => {
    using it = await kitFor(plain);
    const result = await it.kit.build();
    expect(result.stderr).toBe('');
    expect(result.launch?.processes).toMatchObject([{ type: 'web', command: ['node', 'server.js'], default: true }]);
    expect(it.npm.calls).toEqual(['ci --omit=dev --prefer-offline']);
    expect(result.layers.get('node')?.types).toEqual({ build: true, launch: true, cache: true });
    expect(result.layers.get('dependencies')?.types).toEqual({ build: false, launch: true, cache: true });
    for (const [name, { types }] of result.layers)
      if (!['node', 'dependencies'].includes(name)) expect({ name, ...types }).toEqual({ name, launch: false, build: false, cache: true });
    const layers = it.kit.layersDirectory;
    expect(readdirSync(join(layers, 'node')).sort()).toEqual(['LICENSE', 'bin', 'env.launch', 'exec.d']);
    expect(readFileSync(join(layers, 'node/env.launch/NODE_ENV.default'), 'utf8')).toBe('production');
    expect(readdirSync(join(layers, 'node-headers/include/node/openssl/archs'))).toEqual(['linux-x86_64']);
    expect(readlinkSync(join(it.kit.applicationDirectory, 'node_modules'))).toBe(join(layers, 'dependencies/node_modules'));
    expect(readdirSync(join(layers, 'dependencies'))).toEqual(['node_modules']);
    expect(readdirSync(join(layers, 'dependencies/node_modules'))).toEqual(['web']);
    const sbom = JSON.parse(readFileSync(join(layers, 'dependencies.sbom.cdx.json'), 'utf8')) as { components: unknown[] };
    expect(sbom.components).toMatchObject([
      {
        name: 'web',
        version: '1.0.0',
        purl: 'pkg:npm/web@1.0.0',
        licenses: [{ license: { id: 'MIT' } }],
        hashes: [{ alg: 'SHA-512', content: Buffer.from('web').toString('hex') }],
      },
    ]);
  });

  it('asks nothing and runs no npm when nothing or only a source file changed', async () => {
    using it = await kitFor(plain);
    await it.kit.build();
    it.registry.asked.length = it.npm.calls.length = 0;
    it.kit.change('server.js', 'second');
    const again = await it.kit.build();
    expect(again.exitCode).toBe(0);
    expect([...it.registry.asked, ...it.npm.calls]).toEqual([]);
    expect(again.stdout).toContain('Reusing production packages: package-lock.json, package.json, .npmrc and 5 more unchanged');
  });

  it('tells why it installs again', async () => {
    using it = await kitFor(plain);
    await it.kit.build();
    it.kit.change('package-lock.json', `${plain['package-lock.json']} `);
    expect((await it.kit.build()).stdout).toContain('Rebuilding production packages: package-lock.json changed');
    it.kit.change('.nvmrc', '22');
    expect((await it.kit.build()).stdout).toContain('Rebuilding production packages: Node.js version changed from 24.11.1 to 22.21.0');
    it.kit.change('package.json', plain['package.json'].replace('node server.js', 'node ./server.js'));
    expect((await it.kit.build()).stdout).toContain('Reusing production packages');
  });

  it('uses the last list of versions when the registry cannot be reached', async () => {
    let day = 1;
    using it = await kitFor(plain, { clock: { now: () => new Date(Date.UTC(2026, 0, day)) } });
    await it.kit.build();
    day = 2;
    it.registry.unreachable = true;
    const result = await it.kit.build();
    expect(result).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('that of the last build is used (unreachable)') as string });
  });

  it('keeps nothing of a tampered download', async () => {
    using it = await kitFor(plain);
    it.registry.tamper = true;
    expect((await it.kit.build()).exitCode).toBe(1);
    expect(existsSync(join(it.kit.layersDirectory, 'node.toml'))).toBe(false);
    expect(readdirSync(it.kit.layersDirectory).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it('builds with devDependencies, and leaves them out of the image', async () => {
    const npm = createFakeNpm({
      onBuild(cwd, env) {
        expect(existsSync(join(cwd, 'node_modules/tool'))).toBe(true);
        expect(env['NODE_ENV']).toBe('production');
        mkdirSync(join(cwd, 'dist/empty'), { recursive: true });
        writeFileSync(join(cwd, 'dist/x.js'), readFileSync(join(cwd, 'src.txt')));
        rmSync(join(cwd, 'src.txt'));
        mkdirSync(join(cwd, '.next/cache'), { recursive: true });
        writeFileSync(join(cwd, '.next/cache/blob'), 'x');
        mkdirSync(join(cwd, 'node_modules/.prisma'), { recursive: true });
        writeFileSync(join(cwd, 'node_modules/.prisma/client.js'), 'generated');
        return 0;
      },
    });
    using it = await kitFor(built, { npm });
    const state = () =>
      readdirSync(it.kit.applicationDirectory, { recursive: true, withFileTypes: true })
        .map((entry) => join(entry.parentPath, entry.name).slice(it.kit.applicationDirectory.length + 1))
        .sort();
    const first = await it.kit.build();
    expect(first.stderr).toBe('');
    expect(npm.calls).toEqual(['ci --include=dev --prefer-offline', 'prune --omit=dev --ignore-scripts --no-save --prefer-offline', 'run build']);
    expect(readdirSync(join(it.kit.layersDirectory, 'dependencies/node_modules')).sort()).toEqual(['.prisma', 'web']);
    const made = state();
    expect(made).toEqual(['.next', 'dist', 'dist/empty', 'dist/x.js', 'node_modules', 'package-lock.json', 'package.json']);

    const second = await it.kit.build();
    expect(npm.calls).toHaveLength(3);
    expect(second.stdout).toContain('Reusing the output of the build script: the build script, the source, the packages and the environment unchanged');
    expect(state()).toEqual(made);
    expect(readFileSync(join(it.kit.applicationDirectory, 'dist/x.js'), 'utf8')).toBe('one');
    expect(readdirSync(join(it.kit.layersDirectory, 'dependencies/node_modules')).sort()).toEqual(['.prisma', 'web']);

    it.kit.change('src.txt', 'two');
    expect((await it.kit.build()).stdout).toContain('Rebuilding the output of the build script: the source changed');
    expect(npm.calls.slice(3)).toEqual(['run build']);
    expect(readFileSync(join(it.kit.applicationDirectory, 'dist/x.js'), 'utf8')).toBe('two');
    it.kit.setEnv('API_URL', 'https://api.test');
    expect((await it.kit.build()).stdout).toContain('Rebuilding the output of the build script: the environment changed');
    it.kit.setEnv('TSPACK_NODE_ALWAYS_BUILD', '1');
    expect((await it.kit.build()).stdout).toContain('TSPACK_NODE_ALWAYS_BUILD is new');
  });

  it('installs inside the application when a script of its own takes part', async () => {
    const own = { ...manifest, scripts: { postinstall: 'node patch.js', start: 'node server.js' } };
    using it = await kitFor({ ...plain, 'package.json': JSON.stringify(own) });
    const result = await it.kit.build();
    expect(result.stdout).toContain('Installing inside the application, because its "postinstall" script may change them');
    expect(lstatSync(join(it.kit.applicationDirectory, 'node_modules')).isDirectory()).toBe(true);
    expect(result.launch?.slices).toEqual([{ paths: ['node_modules'] }]);
    expect(existsSync(join(it.kit.layersDirectory, 'launch.sbom.spdx.json'))).toBe(true);
    expect([...result.layers.keys()]).not.toContain('dependencies');
  });

  it('keeps the credentials of a binding out of every file', async () => {
    const secret = 's3cr3t-registry-token';
    using it = await kitFor(plain, {
      bindings: { npm: { type: 'npmrc', '.npmrc': `registry=https://private.test/\n//private.test/:_authToken=${secret}\n` } },
    });
    const result = await it.kit.build();
    expect(result.exitCode).toBe(0);
    expect(it.npm.environments[0]?.['npm_config_userconfig']).toMatch(/bindings\/npm\/\.npmrc$/);
    expect(it.npm.environments[0]?.['npm_config_registry']).toBeUndefined();
    for (const root of [it.kit.layersDirectory, it.kit.applicationDirectory]) {
      const files = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
      expect(files.length).toBeGreaterThan(2);
      for (const file of files) expect(readFileSync(join(file.parentPath, file.name), 'latin1')).not.toContain(secret);
    }
    expect(result.stdout + result.stderr).not.toContain(secret);
  });

  it('needs no npm for plain JavaScript files', async () => {
    using it = await kitFor({ 'server.js': '' });
    expect(await it.kit.build()).toMatchObject({ exitCode: 0, launch: { processes: [{ command: ['node', 'server.js'] }] } });
    expect(it.npm.calls).toEqual([]);
  });

  it('puts npm into the image when only npm can start the application', async () => {
    using it = await kitFor({ ...plain, 'package.json': JSON.stringify({ ...manifest, scripts: { start: 'node a.js && node b.js' } }) });
    const result = await it.kit.build();
    expect(result.launch?.processes).toMatchObject([{ command: ['npm', 'start'] }]);
    expect(result.layers.get('npm')?.types).toEqual({ launch: true, build: false, cache: true });
    expect(readlinkSync(join(it.kit.layersDirectory, 'npm/bin/npm'))).toBe('../lib/npm/bin/npm-cli.js');
    expect(existsSync(join(it.kit.layersDirectory, 'npm/lib/npm/package.json'))).toBe(true);
  });

  it('warns without a lockfile and lets npm choose', async () => {
    using it = await kitFor({ 'package.json': plain['package.json'], 'server.js': '' });
    const result = await it.kit.build();
    expect(result.exitCode).toBe(0);
    expect(result.stderr).toContain('There is no package-lock.json: npm chooses the versions anew');
    expect(it.npm.calls).toEqual(['install --omit=dev --no-save --no-package-lock --prefer-offline']);
  });

  it('gives the same layers for another place and umask', async () => {
    const digests: string[] = [];
    for (const umask of [0o022, 0o077]) {
      const old = process.umask(umask);
      try {
        using it = await kitFor(plain);
        process.umask(0o022); // as processHost() sets it
        await it.kit.build();
        const listing = execFileSync(
          'sh',
          ['-c', 'find node dependencies -printf "%p %m %l\\n" | sort; find node dependencies -type f | sort | xargs sha256sum'],
          { cwd: it.kit.layersDirectory, encoding: 'utf8' },
        );
        digests.push(listing);
      } finally {
        process.umask(old);
      }
    }
    expect(digests[0]).toBe(digests[1]);
  });
});

describe('errors', () => {
  it.each<[string, Record<string, string>, string, string]>([
    [
      'a broken package.json',
      { 'package.json': '{\n  "name": "x"\n  "version": "1"\n}' },
      'JSON_INVALID',
      'Cannot read package.json:3:3: want "," or "}", got """',
    ],
    ['a folder named package.json', { 'package.json/x': '', 'server.js': '' }, 'NODE_MANIFEST_INVALID', 'Cannot use package.json: it is not a file'],
    [
      'a folder named package-lock.json',
      { 'package.json': '{}', 'package-lock.json/x': '' },
      'NODE_LOCKFILE_INVALID',
      'Cannot use package-lock.json: it is not a file',
    ],
    ['a broken lockfile', { ...plain, 'package-lock.json': '{"lockfileVersion": 3,' }, 'JSON_INVALID', 'Cannot read package-lock.json:1:23'],
    [
      'a lockfile out of step',
      { ...plain, 'package-lock.json': lock({ dependencies: {} }) },
      'NODE_LOCKFILE_OUT_OF_STEP',
      'web is missing in package-lock.json',
    ],
    [
      'an unsatisfiable version',
      { 'package.json': '{"engines":{"node":"^21"}}' },
      'RUNTIME_UNAVAILABLE',
      'the nearest that npm offers are 20.19.5, 22.21.0 and 24.11.1; nodejs.org offers none for this target',
    ],
    [
      'another package manager',
      { ...plain, 'package.json': JSON.stringify({ ...manifest, packageManager: 'bun@1.2.0' }) },
      'NODE_PACKAGE_MANAGER_UNSUPPORTED',
      '"packageManager" in package.json asks for bun@1.2.0',
    ],
    [
      "bun's lockfile",
      { 'package.json': plain['package.json'], 'bun.lock': '{}' },
      'NODE_PACKAGE_MANAGER_UNSUPPORTED',
      'bun.lock asks for bun, which this buildpack does not have',
    ],
    [
      'a script that is none',
      { ...plain, '.profile': '' },
      'NODE_SCRIPT_UNKNOWN',
      'Cannot run the script "buidl" that BP_NODE_RUN_SCRIPTS names: package.json has start',
    ],
    ['a part that is not there', { ...plain, 'apps/web/package.json': '{}' }, 'NODE_APP_UNKNOWN', 'because package.json lists none'],
    ['broken YAML', { 'package.json': '{}', 'pnpm-workspace.yaml': 'packages:\n  - a\n - b\n' }, 'YAML_INVALID', 'Cannot read pnpm-workspace.yaml:'],
    [
      'no start command',
      { 'package.json': '{"name":"x"}' },
      'NODE_START_MISSING',
      'found none of a Procfile, a "start" script, "main" in package.json, server.js, index.js and app.js',
    ],
    ['a manifest that is a list', { 'package.json': '[]' }, 'NODE_MANIFEST_INVALID', 'want one JSON object'],
  ])('explain %s in two parts', async (_, application, code, message) => {
    const env: Record<string, string> =
      code === 'NODE_SCRIPT_UNKNOWN' ? { BP_NODE_RUN_SCRIPTS: 'buidl' } : code === 'NODE_APP_UNKNOWN' ? { BP_APP: 'apps/web' } : {};
    using it = await kitFor(application, { env });
    const result = await it.kit.build();
    expect(result.exitCode).toBe(1);
    expect(result.stderr).toContain(message);
    expect(result.stderr).toMatch(new RegExp(`^Error: Cannot .* \\[${code}\\]\\n  [A-Z].*\\.\\n$`));
  });

  it.each([
    [
      'npm error code EUSAGE\nnpm error `npm ci` can only install packages when your package.json and package-lock.json are in sync.',
      'NODE_LOCKFILE_OUT_OF_STEP',
    ],
    ['npm error gyp ERR! build error', 'NODE_NATIVE_MODULE_FAILED'],
    ['npm error code E401', 'NODE_REGISTRY_UNAUTHORIZED'],
    ['npm error code ECONNREFUSED', 'NODE_REGISTRY_UNREACHABLE'],
    ['npm error code EINTEGRITY', 'NODE_PACKAGE_INTEGRITY'],
    ['npm error code EWHATEVER', 'NODE_INSTALL_FAILED'],
  ])('tell what is behind %j', async (output, code) => {
    using it = await kitFor(plain);
    it.npm.fail = output;
    const result = await it.kit.build();
    expect(result.stderr).toContain(`[${code}]`);
    expect(result.layers.has('dependencies')).toBe(false);
  });

  it('name the program that a build script misses', async () => {
    using it = await kitFor(built, { npm: createFakeNpm({ onBuild: () => 127 }) });
    expect((await it.kit.build()).stderr).toContain('its "build" script runs "missing-tool", which is not installed');
  });
});
