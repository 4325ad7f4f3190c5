import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { answerOf, createHostKit, hasNpm } from '../../support/node-host-kit.ts';
import { skipWithout } from '../../support/requirement.ts';

/**
 * The buildpack with the real npm registry, on the host itself: real applications are installed, built and started.
 * `TSPACK_TEST_APPS` is the folder of applications that others wrote.
 */
const root = join(import.meta.dirname, '../../..');
const apps = process.env['TSPACK_TEST_APPS'];

describe.skipIf(skipWithout('npm', hasNpm))('the Node.js buildpack with a real registry', () => {
  it('builds the sample, leaves the compiler out, and does nothing twice', async () => {
    using kit = createHostKit(join(root, 'samples/nodejs'));
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
    using kit = createHostKit(files);
    const result = await kit.build();
    expect(result.exitCode).toBe(0);
    expect(await answerOf(kit, result)).toBe('answer 42');
    expect(existsSync(join(kit.applicationDirectory, 'own/build/Release/own.node'))).toBe(true);
  });

  it('explains a dependency that does not exist', async () => {
    using kit = createHostKit({ 'package.json': JSON.stringify({ name: 'x', dependencies: { ms: '99.99.99' }, scripts: { start: 'node .' } }) });
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

describe.skipIf(skipWithout('npm, or the folder TSPACK_TEST_APPS of applications,', hasNpm && apps !== undefined))('applications that others wrote', () => {
  it.each(['node-express-pug', 'node-koa', 'node-nest', 'node-next-app'])('%s answers its check', async (id) => {
    const { apps: list } = JSON.parse(readFileSync(join(apps!, 'manifest.json'), 'utf8')) as { apps: App[] };
    const app = list.find((candidate) => candidate.id === id)!;
    using kit = createHostKit(join(apps!, id), app.buildEnv ?? {});
    execFileSync('chmod', ['-R', 'u+w', dirname(kit.applicationDirectory)]);
    const result = await kit.build();
    expect(result.exitCode).toBe(0);
    expect(await answerOf(kit, result, app.check.path)).toContain(app.check.contains);
  });
});
