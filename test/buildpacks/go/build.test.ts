import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createGoBuildpack } from '../../../buildpacks/go/src/buildpack.ts';
import { createBuildKit, type BuildKitOptions } from '../../../src/sdk/testing/index.ts';
import { createFakeGo } from '../../support/fake-go.ts';

const buildpackDirectory = join(import.meta.dirname, '../../../buildpacks/go');

const plain = {
  'go.mod': 'module example.com/shop\n\ngo 1.26.0\n',
  'main.go': 'package main\nfunc main() {}\n',
  'main_test.go': 'package main\n',
  'templates/index.html': '<p>',
  'README.md': 'x',
};

function kitFor(application: Readonly<Record<string, string>>, options: Partial<BuildKitOptions> = {}) {
  const go = createFakeGo();
  const bootstraps: string[] = [];
  const buildpack = createGoBuildpack((_, directory) => {
    bootstraps.push(directory);
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, 'go'), '');
    return Promise.resolve(join(directory, 'go'));
  });
  const kit = createBuildKit({ buildpack, buildpackDirectory, application, run: go.run, ...options });
  return { kit, go, bootstraps, [Symbol.dispose]: () => kit[Symbol.dispose]() };
}

describe('detect', () => {
  it.each(['go.mod', 'go.work', 'main.go'])('passes with %s', async (file) => {
    using it = kitFor({ [file]: '' });
    expect(await it.kit.detect()).toMatchObject({ exitCode: 0, plan: { alternatives: [{ provides: ['go'], requires: [{ name: 'go' }] }] } });
  });

  it('asks for a front end first where there is a package.json', async () => {
    using it = kitFor({ 'go.mod': '', 'package.json': '{}' });
    const { plan } = await it.kit.detect();
    expect(plan?.alternatives.map(({ requires }) => requires.map(({ name }) => name))).toEqual([['go', 'frontend'], ['go']]);
  });

  it('explains what is missing, and bin/detect says the same without Node.js', async () => {
    using it = kitFor({ 'server/go.mod': '', 'vendor/x/go.mod': '', 'package.json': '{}' });
    const result = await it.kit.detect();
    expect(result).toMatchObject({ exitCode: 100, stdout: 'tspack Go buildpack: no go.mod, go.work or *.go here (nearest: server/go.mod)\n' });
    expect(shellDetect(it.kit.applicationDirectory)).toMatchObject({ status: 100, stdout: result.stdout });
  });
});

function shellDetect(cwd: string): unknown {
  try {
    return execFileSync(join(buildpackDirectory, 'bin/detect'), { cwd, env: { PATH: '/usr/bin:/bin', CNB_BUILDPACK_DIR: '/nowhere' }, encoding: 'utf8' });
  } catch (error) {
    return error;
  }
}

describe('build', () => {
  it('installs the toolchain, builds the program and leaves what it may read', async () => {
    using it = kitFor(plain);
    const result = await it.kit.build();
    expect(result.stderr).toBe('');
    expect(result.stdout).toContain('Go 1.26.11: the newest patch of "go 1.26.0" in go.mod:3');
    expect(result.launch?.processes).toMatchObject([
      { type: 'web', command: ['shop'], default: true },
      { type: 'shop', command: ['shop'] },
    ]);
    expect(result.layers.get('go')?.types).toEqual({ build: true, launch: false, cache: true });
    expect(result.layers.get('programs')?.types).toEqual({ build: false, launch: true, cache: false });
    for (const name of ['module-cache', 'build-cache']) expect(result.layers.get(name)?.types).toEqual({ build: false, launch: false, cache: true });
    expect(readdirSync(join(it.kit.layersDirectory, 'programs'))).toEqual(['bin']);
    expect(readdirSync(join(it.kit.layersDirectory, 'go')).sort()).toEqual(['VERSION', 'bin', 'pkg', 'src']);
    expect(statSync(join(it.kit.layersDirectory, 'go/bin/go')).mode & 0o777).toBe(0o755);
    expect(readdirSync(it.kit.applicationDirectory).sort()).toEqual(['README.md', 'templates']);
    expect(it.go.calls).toEqual([
      'list -m -versions go',
      `mod download -json golang.org/toolchain@v0.0.1-go1.26.11.linux-${process.arch === 'x64' ? 'amd64' : process.arch}`,
      'list -e -deps -f ./...',
      `build -trimpath -buildvcs=false -ldflags=-s -w -o ${it.kit.layersDirectory}/programs/bin/ example.com/shop`,
      `version -m ${it.kit.layersDirectory}/programs/bin/shop`,
    ]);
    expect(it.go.env).toMatchObject({ CGO_ENABLED: '0', GOARCH: 'amd64', GOTOOLCHAIN: 'local', GOFLAGS: '-modcacherw', GOENV: 'off' });
    expect(readdirSync(it.kit.layersDirectory).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it('builds nothing when nothing has changed, and only the program when the source has', async () => {
    using it = kitFor({ ...plain, 'go.mod': 'module example.com/shop\ntoolchain go1.26.1\n' });
    const first = await it.kit.build();
    it.go.calls.length = 0;
    const second = await it.kit.build();
    expect(second.stdout).toContain('Reusing the programs: the source, Go version, BP_GO_* settings and 3 more unchanged');
    expect(it.go.calls).toEqual([]);
    expect(second.launch).toEqual(first.launch);
    expect(readdirSync(it.kit.applicationDirectory).sort()).toEqual(['README.md', 'templates']);

    it.kit.change('main.go', 'package main\nfunc main() { println() }\n');
    const third = await it.kit.build();
    expect(third.stdout).toContain('Rebuilding the programs: the source changed');
    expect(it.go.calls.map((call) => call.split(' ')[0])).toEqual(['list', 'build', 'version']);
    expect(it.bootstraps.length).toBe(1);
  });

  it.each([
    ['a flag', 'BP_GO_BUILD_FLAGS', '-tags=prod', 'BP_GO_* settings changed'],
    ['a linker flag', 'BP_GO_BUILD_LDFLAGS', '-X main.version=2', 'BP_GO_* settings changed'],
    ["a variable of Go's", 'GOEXPERIMENT', 'x', "Go's variables changed"],
    ['a version', 'BP_GO_VERSION', '1.27', 'Go version changed from 1.26.11 to 1.27.4'],
  ])('builds again for %s, but not for where modules come from', async (_, name, value, reason) => {
    using it = kitFor(plain);
    await it.kit.build();
    it.kit.setEnv('GOPROXY', 'https://other.test');
    expect((await it.kit.build()).stdout).toContain('Reusing the programs');
    it.kit.setEnv(name, value);
    expect((await it.kit.build()).stdout).toContain(`Rebuilding the programs: ${reason}`);
  });

  it("replaces the toolchain by Debian's go, because its own is gone by then", async () => {
    using it = kitFor(plain);
    await it.kit.build();
    it.kit.setEnv('BP_GO_VERSION', '1.27.x');
    const { stdout } = await it.kit.build();
    expect(stdout).toContain('Rebuilding Go 1.27.4: Go version changed from 1.26.11 to 1.27.4');
    expect(it.bootstraps.length).toBe(2);
  });

  it('needs no list of versions offline when one that fits is installed', async () => {
    using it = kitFor(plain);
    await it.kit.build();
    it.go.calls.length = 0;
    it.kit.setEnv('TSPACK_OFFLINE', '1');
    it.kit.change('main.go', 'package main\n');
    expect((await it.kit.build()).stdout).toContain('Go 1.26.11');
    expect(it.go.calls.map((call) => call.split(' ')[0])).toEqual(['list', 'build', 'version']);
    expect(it.go.env['GOPROXY']).toBe('off');
  });

  it('keeps what BP_KEEP_FILES names, and nothing else', async () => {
    using it = kitFor(plain, { env: { BP_KEEP_FILES: 'templates:*.mod' } });
    await it.kit.build();
    expect(readdirSync(it.kit.applicationDirectory).sort()).toEqual(['go.mod', 'templates']);
  });

  it('leaves out what is embedded, vendored modules and test data', async () => {
    using it = kitFor({
      ...plain,
      'web/web.go': 'package web\n//go:embed static/* all:hidden\n',
      'main.go': 'package main\nimport "example.com/shop/web"\n',
      'web/static/a.css': '',
      'web/static/deep/b.css': '',
      'web/static/deep/_c.css': '',
      'web/hidden/.d': '',
      'web/other.txt': '',
      'testdata/x': '',
      'vendor/modules.txt': '',
      'data/vendor/x.txt': '',
    });
    await it.kit.build();
    const files = readdirSync(it.kit.applicationDirectory, { recursive: true }).filter((path) =>
      statSync(join(it.kit.applicationDirectory, String(path))).isFile(),
    );
    expect(files.sort()).toEqual(['README.md', 'data/vendor/x.txt', 'templates/index.html', 'web/other.txt', 'web/static/deep/_c.css']);
  });

  it('leaves the source in place for tests', async () => {
    using it = kitFor(plain, { env: { CNB_EXEC_ENV: 'test' } });
    await it.kit.build();
    expect(existsSync(join(it.kit.applicationDirectory, 'main_test.go'))).toBe(true);
  });

  it('cross-compiles for another architecture', async () => {
    using it = kitFor(plain, { architecture: 'arm64' });
    await it.kit.build();
    expect(it.go.env['GOARCH']).toBe('arm64');
  });

  it('gives credentials of a netrc binding to go, and leaves them nowhere', async () => {
    const go = createFakeGo();
    const seen = new Set<string>();
    using it = kitFor(plain, {
      bindings: { git: { type: 'netrc', '.netrc': 'machine git.test login me password s3cret\n' } },
      run: (command) => {
        seen.add(readFileSync(join(command.env['HOME']!, '.netrc'), 'utf8'));
        return go.run(command);
      },
    });
    expect((await it.kit.build()).exitCode).toBe(0);
    expect([...seen]).toEqual(['machine git.test login me password s3cret\n']);
    const files = readdirSync(it.kit.layersDirectory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    expect(files.length).toBeGreaterThan(5);
    for (const { parentPath, name } of files) expect(readFileSync(join(parentPath, name), 'utf8')).not.toContain('s3cret');
  });

  it('describes modules with licences, hashes and what they need', async () => {
    using it = kitFor({
      ...plain,
      LICENSE:
        'Permission is hereby granted, free of charge, to any person obtaining a copy of this software: the above copyright notice and this permission notice',
    });
    await it.kit.build();
    const sbom = JSON.parse(readFileSync(join(it.kit.layersDirectory, 'programs.sbom.cdx.json'), 'utf8')) as { components: Record<string, unknown>[] };
    expect(sbom.components.map(({ purl }) => purl)).toEqual([
      'pkg:golang/example.com/fork@v1.1.0%2Bincompatible',
      'pkg:golang/example.com/shop',
      'pkg:golang/github.com/BurntSushi/toml@v1.5.0',
      'pkg:golang/stdlib@1.26.11',
    ]);
    expect(sbom.components[1]).toMatchObject({ type: 'application', licenses: [{ license: { id: 'MIT' } }] });
    expect(sbom.components[2]).toMatchObject({
      hashes: [{ alg: 'SHA-256', content: '5b9aae657fc6fdcb23527b88f12518' + '96c1ecf4cdfc142ef39cbd2520ef83bcc8' }],
    });
  });
});

describe('programs', () => {
  const library = { 'go.mod': plain['go.mod'], 'shop.go': 'package shop\n' };

  it.each([
    ['the one at the root before others', { ...plain, 'cmd/tool/main.go': 'package main\n' }, ['shop']],
    ['those below cmd', { ...library, 'cmd/a/main.go': 'package main\n', 'examples/b/main.go': 'package main\n' }, ['a']],
    ['any other', { ...library, 'tools/b/main.go': 'package main\n' }, ['b']],
  ])('are %s', async (_, application, names) => {
    using it = kitFor(application);
    await it.kit.build();
    expect(readdirSync(join(it.kit.layersDirectory, 'programs/bin'))).toEqual(names);
  });

  it('are those that BP_GO_TARGETS names, the first as web', async () => {
    using it = kitFor({ ...library, 'cmd/a/main.go': 'package main\n', '_x/b/main.go': 'package main\n' }, { env: { BP_GO_TARGETS: '_x/b, ./cmd/a' } });
    const { launch } = await it.kit.build();
    expect(it.go.calls[2]).toBe('list -e -deps -f ./_x/b ./cmd/a');
    expect(launch?.processes.map(({ type, command }) => `${type}: ${command.join(' ')}`)).toEqual(['web: b', 'b: b', 'a: a']);
  });

  it('of several, the one with a telling name is web; with none there is a warning', async () => {
    using it = kitFor({ ...library, 'cmd/server/main.go': 'package main\n', 'cmd/tool/main.go': 'package main\n' });
    expect((await it.kit.build()).launch?.processes[0]).toMatchObject({ type: 'web', command: ['server'] });
    using other = kitFor({ ...library, 'cmd/one/main.go': 'package main\n', 'cmd/two/main.go': 'package main\n' });
    const { launch, stderr } = await other.kit.build();
    expect(launch?.processes.map(({ type, default: isDefault }) => [type, isDefault])).toEqual([
      ['one', false],
      ['two', false],
    ]);
    expect(stderr).toContain('There are 2 programs');
  });

  it('leave web to a Procfile', async () => {
    using it = kitFor({ ...plain, Procfile: 'web: shop -v\n' });
    expect((await it.kit.build()).launch?.processes.map(({ type }) => type)).toEqual(['shop']);
  });

  it('come from every module of a workspace', async () => {
    using it = kitFor({
      'go.work': 'go 1.26\nuse (\n  ./api\n  "./lib"\n)\nuse tools\n',
      'api/main.go': 'package main\n',
      'lib/lib.go': 'package lib\n',
      'tools/tools.go': 'package tools\n',
    });
    const { stdout } = await it.kit.build();
    expect(stdout).toContain('in go.work:1');
    expect(it.go.calls[2]).toBe('list -e -deps -f ./api/... ./lib/... ./tools/...');
  });

  it('that leave C code out are told of', async () => {
    using it = kitFor({ ...plain, 'native.go': 'package main\nimport "C"\n' });
    expect((await it.kit.build()).stderr).toContain('example.com/shop has C code, which is left out because cgo is off');
    using compiled = kitFor({ ...plain, 'native.go': 'package main\nimport "C"\n' }, { env: { CGO_ENABLED: '1' } });
    expect((await compiled.kit.build()).stderr).toBe('');
  });
});

describe('errors', () => {
  const library = { 'go.mod': plain['go.mod'], 'shop.go': 'package shop\n' };

  it.each([
    ['no go.mod', { 'main.go': 'package main\n' }, {}, 'GO_MODULE_MISSING', 'neither go.mod nor go.work'],
    ['a wrong directive', { 'go.mod': 'module x\n\n<<<<<<< HEAD\n' }, {}, 'GO_MOD_INVALID', 'Cannot read go.mod:3: "<<<<<<<" is no directive'],
    ['an open block', { 'go.mod': 'module x\nrequire (\n  a v1\n' }, {}, 'GO_MOD_INVALID', 'go.mod:2'],
    ['a repeated line', { 'go.mod': 'module x\ngo 1.26\ngo 1.27\n' }, {}, 'GO_MOD_INVALID', 'go.mod:3: "go" is repeated; it is in go.mod:2 already'],
    ['no module line', { 'go.mod': 'go 1.26\n' }, {}, 'GO_MOD_INVALID', 'no "module" line'],
    ['a version that is none', { 'go.mod': 'module x\ngo latest\n', 'main.go': 'package main\n' }, {}, 'GO_VERSION_INVALID', '"latest" in go.mod:2'],
    ['a version that nobody offers', plain, { BP_GO_VERSION: '1.99', TSPACK_GO_SOURCES: 'proxy' }, 'RUNTIME_UNAVAILABLE', 'proxy offers'],
    ['flags that are none', plain, { BP_GO_BUILD_FLAGS: '-tags prod' }, 'GO_SETTING_INVALID', '"prod" is no flag'],
    ['an open quote', plain, { BP_GO_BUILD_FLAGS: '-tags="prod' }, 'FLAGS_INVALID', 'a quote does not end'],
    ['a library alone', library, {}, 'GO_MAIN_MISSING', 'looked at one package in ./..., and none is "package main"'],
    ['a program in a folder that is skipped', { ...library, '_examples/x/main.go': 'package main\n' }, {}, 'GO_MAIN_MISSING', 'BP_GO_TARGETS=./_examples/x'],
    ['a library as a target', { ...library, 'lib/lib.go': 'package lib\n' }, { BP_GO_TARGETS: './lib' }, 'GO_TARGET_INVALID', 'is "package lib", a library'],
    [
      'two of one name',
      { ...library, 'cmd/a/main.go': 'package main\n', 'cmd/x/a/main.go': 'package main\n' },
      {},
      'GO_TARGET_INVALID',
      'would all be named "a"',
    ],
    ['a Procfile line that is none', { ...plain, Procfile: 'web\n' }, {}, 'PROCFILE_INVALID', 'Procfile:1'],
  ])('%s', async (_, application, env, code, text) => {
    using it = kitFor(application, { env });
    const { exitCode, stderr } = await it.kit.build();
    expect(exitCode).toBe(1);
    expect(stderr).toContain(`[${code}]`);
    expect(stderr).toContain(text);
  });

  it.each([
    ['list -e', 'go: errors parsing go.mod:\ngo.mod:4: usage: require module/path v1.2.3\n', 'GO_MOD_INVALID', 'Cannot read go.mod:4: usage: require'],
    ['list -e', 'go: example.com/a@v1.0.0 requires go >= 1.27 (running go 1.26.11; GOTOOLCHAIN=local)\n', 'GO_VERSION_TOO_OLD', 'requires Go 1.27'],
    ['build', 'main.go:4:2: missing go.sum entry for module providing package example.com/a\n', 'GO_MODULES_OUT_OF_STEP', 'go mod tidy'],
    ['list -e', 'go: inconsistent vendoring in /workspace:\n', 'GO_MODULES_OUT_OF_STEP', 'go mod vendor'],
    ['build', 'go: example.com/a@v1.0.0: Get "https://p/": dial tcp: lookup p: no such host\n', 'GO_PROXY_UNREACHABLE', 'no such host'],
    [
      'build',
      'go: git.test/a@v1.0.0: reading https://git.test/a: 401 Unauthorized\n',
      'GO_MODULE_UNAUTHORIZED',
      'git.test/a@v1.0.0 comes from wants credentials',
    ],
    ['build', "fatal: could not read Username for 'https://git.test': terminal prompts disabled\n", 'GO_MODULE_UNAUTHORIZED', 'netrc'],
    ['build', 'go: example.com/a@v9.9.9: reading https://p/a/@v/v9.9.9.info: 404 Not Found\n', 'GO_MODULE_NOT_FOUND', 'there is no example.com/a@v9.9.9'],
    ['build', 'verifying example.com/a@v1.0.0: checksum mismatch\n', 'GO_CHECKSUM_MISMATCH', 'differs from what go.sum'],
    ['build', 'go: example.com/a@v1.0.0: module lookup disabled by GOPROXY=off\n', 'GO_OFFLINE', 'not in the cache'],
    ['mod download', 'go: golang.org/toolchain: verifying: SECURITY ERROR\n', 'GO_CHECKSUM_MISMATCH', 'Cannot install Go 1.26.11'],
    ['mod download', 'something else\n', 'GO_TOOLCHAIN_FAILED', 'something else'],
    ['list -m', 'dial tcp: connection refused\n', 'RUNTIME_SOURCE_UNAVAILABLE', 'connection refused'],
  ])('of go %s: %s', async (command, output, code, text) => {
    using it = kitFor(plain);
    it.go.failures.set(command, output);
    const { exitCode, stderr } = await it.kit.build();
    expect(exitCode).toBe(1);
    expect(stderr).toContain(`[${code}]`);
    expect(stderr).toContain(text);
  });

  it("show the compiler's output, then one line on what failed and where", async () => {
    using it = kitFor({ ...plain, 'main.go': 'package main\nfunc main() {\n  undefined()\n}\n' });
    const { stdout, stderr } = await it.kit.build();
    expect(stdout).toContain('      main.go:3:2: undefined: undefined\n');
    expect(stderr).toBe(
      'Error: Cannot build the application: `go build` ended with exit status 1; the first error is at main.go:3:2 [GO_BUILD_FAILED]\n' +
        '  Read what go printed above, and correct the code until `go build` succeeds.\n',
    );
  });
});
