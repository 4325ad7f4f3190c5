import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { nodejsBuildpack } from '../../../buildpacks/nodejs/src/buildpack.ts';
import { createBuildKit, type BuildKit, type BuildResult } from '../../../src/sdk/testing/index.ts';
import { findProgram, skipWithout } from '../../support/requirement.ts';

/**
 * The buildpack with the real npm registry, on the host itself: real applications are installed, built and started.
 * `TSPACK_TEST_APPS` is the folder of applications that others wrote.
 */
const root = join(import.meta.dirname, '../../..');
const npm = findProgram('npm');
const npmDirectory = npm === undefined ? undefined : dirname(dirname(realpathSync(npm)));
const apps = process.env['TSPACK_TEST_APPS'];
const home = mkdtempSync(join(tmpdir(), 'tspack-home-'));
afterAll(() => rmSync(home, { recursive: true }));

function kitFor(application: string | Record<string, string>, env: Record<string, string> = {}): BuildKit {
  const passed = Object.fromEntries(
    Object.entries(process.env).filter(
      (entry): entry is [string, string] => entry[1] !== undefined && /proxy$|^(NODE_EXTRA_CA_CERTS|SSL_CERT_FILE)$/i.test(entry[0]),
    ),
  );
  return createBuildKit({
    buildpack: nodejsBuildpack,
    buildpackDirectory: join(root, 'buildpacks/nodejs'),
    application,
    env: {
      ...passed,
      HOME: home,
      TSPACK_NPM: npmDirectory!,
      npm_config_registry: execFileSync('npm', ['config', 'get', 'registry'], { encoding: 'utf8', cwd: tmpdir() }).trim(),
      ...env,
    },
  });
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Starts the web process as a launcher would, and returns the answer of one request. */
async function answerOf(kit: BuildKit, result: BuildResult, path = '/'): Promise<string> {
  const web = result.launch!.processes.find(({ type }) => type === 'web')!;
  const port = await freePort();
  const [program, ...args] = [...web.command, ...(web.args ?? [])];
  const search = ['node/bin', 'npm/bin'].map((folder) => join(kit.layersDirectory, folder));
  const child: ChildProcess = spawn(program!, args, {
    cwd: kit.applicationDirectory,
    env: { PATH: [...search, '/usr/bin', '/bin'].join(':'), PORT: String(port), NODE_ENV: 'production', HOME: home },
    stdio: 'inherit',
  });
  const ended = new Promise((resolve) => child.on('exit', resolve));
  try {
    for (let attempt = 0; attempt < 100; attempt++) {
      try {
        return await (await fetch(`http://127.0.0.1:${port}${path}`)).text();
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
    }
    throw new Error('the application did not answer');
  } finally {
    child.kill('SIGTERM');
    await ended;
  }
}

describe.skipIf(skipWithout('npm', npm !== undefined))('the Node.js buildpack with a real registry', () => {
  it('builds the sample, leaves the compiler out, and does nothing twice', async () => {
    using kit = kitFor(join(root, 'samples/nodejs'));
    const first = await kit.build();
    expect(first.stderr).toBe('');
    expect(first.launch?.processes).toMatchObject([{ command: ['node', 'server.js'] }]);
    expect(await answerOf(kit, first)).toContain('Hello from tspack');
    const packages = readdirSync(join(kit.layersDirectory, 'dependencies/node_modules'));
    expect(packages).toContain('express');
    expect(packages).not.toContain('marked');
    expect(packages).not.toContain('.package-lock.json');
    const started = performance.now();
    const second = await kit.build();
    expect(second.stdout).toContain('Reusing the output of the build script');
    expect(second.stdout).not.toMatch(/npm ci|npm run|Downloading/);
    expect(performance.now() - started).toBeLessThan(5000);
    expect(await answerOf(kit, second)).toContain('Hello from tspack');
  });

  it('compiles a native module without nodejs.org', async () => {
    const files = {
      'package.json': JSON.stringify({
        name: 'native',
        version: '1.0.0',
        dependencies: { 'node-addon-api': '8.5.0', bindings: '1.5.0', own: 'file:own' },
        scripts: { start: 'node server.js' },
      }),
      'own/package.json': JSON.stringify({ name: 'own', version: '1.0.0', gypfile: true, scripts: { install: 'node-gyp rebuild' } }),
      'own/binding.gyp': JSON.stringify({ targets: [{ target_name: 'own', sources: ['own.c'] }] }),
      'own/own.c':
        '#include <node_api.h>\nstatic napi_value init(napi_env env, napi_value exports) { napi_value v; napi_create_int32(env, 42, &v); return v; }\nNAPI_MODULE(own, init)\n',
      'own/index.js': "module.exports = require('./build/Release/own.node');",
      'server.js': "require('http').createServer((q, s) => s.end('answer ' + require('own'))).listen(process.env.PORT);",
    };
    using kit = kitFor(files);
    const result = await kit.build();
    expect(result.exitCode).toBe(0);
    expect(await answerOf(kit, result)).toBe('answer 42');
    expect(existsSync(join(kit.applicationDirectory, 'own/build/Release/own.node'))).toBe(true);
  });

  it('explains a dependency that does not exist', async () => {
    using kit = kitFor({ 'package.json': JSON.stringify({ name: 'x', dependencies: { ms: '99.99.99' }, scripts: { start: 'node .' } }) });
    const result = await kit.build();
    expect(result.exitCode).toBe(1);
    expect(result.stderr).toContain('Cannot install the packages: npm ended with exit status 1');
  });
});

interface App {
  readonly id: string;
  readonly buildEnv?: Record<string, string>;
  readonly check: { readonly path: string; readonly contains: string };
}

describe.skipIf(skipWithout('npm, or the folder TSPACK_TEST_APPS of applications,', npm !== undefined && apps !== undefined))(
  'applications that others wrote',
  () => {
    it.each(['node-express-pug', 'node-cors-anywhere', 'node-next-app'])('%s answers its check', async (id) => {
      const { apps: list } = JSON.parse(readFileSync(join(apps!, 'manifest.json'), 'utf8')) as { apps: App[] };
      const app = list.find((candidate) => candidate.id === id)!;
      using kit = kitFor(join(apps!, id), app.buildEnv ?? {});
      execFileSync('chmod', ['-R', 'u+w', dirname(kit.applicationDirectory)]);
      const result = await kit.build();
      expect(result.exitCode).toBe(0);
      expect(await answerOf(kit, result, app.check.path)).toContain(app.check.contains);
    });
  },
);
