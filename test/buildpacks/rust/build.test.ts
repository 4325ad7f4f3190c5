import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { describe, expect, it } from 'vitest';
import { rustBuildpack } from '../../../buildpacks/rust/src/buildpack.ts';
import type { CommandRunner, Downloads } from '../../../src/sdk/index.ts';
import { createBuildKit, type BuildKitOptions } from '../../../src/sdk/testing/index.ts';

const buildpackDirectory = join(import.meta.dirname, '../../../buildpacks/rust');

const plain = {
  'Cargo.toml': '[package]\nname = "shop"\nversion = "1.0.0"\n',
  'Cargo.lock': 'version = 4\n[[package]]\nname = "dep"\nversion = "2.0.0"\nchecksum = "abcd"\n',
  'src/main.rs': 'fn main() {}\n',
  'static/index.html': '<p>',
};

const metadata = {
  workspace_members: ['shop', 'lib'],
  packages: [
    {
      id: 'shop',
      name: 'shop',
      version: '1.0.0',
      license: null,
      description: null,
      homepage: null,
      repository: null,
      default_run: 'shop',
      targets: [bin('admin'), bin('shop'), { ...bin('extra'), 'required-features': ['x'] }],
    },
    {
      id: 'lib',
      name: 'lib',
      version: '1.0.0',
      license: 'MIT',
      description: null,
      homepage: null,
      repository: null,
      default_run: null,
      targets: [{ name: 'lib', kind: ['lib'] }],
    },
    {
      id: 'dep',
      name: 'dep',
      version: '2.0.0',
      license: 'MIT/Apache-2.0',
      description: 'd',
      homepage: null,
      repository: 'https://x.test',
      default_run: null,
      targets: [],
    },
    { id: 'cc', name: 'cc', version: '1.0.0', license: 'MIT', description: null, homepage: null, repository: null, default_run: null, targets: [] },
  ],
  resolve: {
    nodes: [
      {
        id: 'shop',
        deps: [
          { pkg: 'dep', dep_kinds: [{ kind: null }] },
          { pkg: 'cc', dep_kinds: [{ kind: 'build' }] },
        ],
      },
    ],
  },
};

function bin(name: string) {
  return { name, kind: ['bin'] };
}

/** static.rust-lang.org with two versions whose archives hold one file each. */
async function standIn() {
  const archives = new Map<string, Buffer>();
  const component = async (name: string, file: string) => {
    const tar = pack();
    tar.entry({ name: `${name}-x/${name}/${file}`, mode: 0o755 }, '');
    tar.entry({ name: `${name}-x/${name}/manifest.in` }, '');
    tar.finalize();
    const chunks: Buffer[] = [];
    for await (const chunk of tar) chunks.push(chunk as Buffer);
    const content = gzipSync(Buffer.concat(chunks));
    const url = `https://static.rust-lang.org/dist/${name}.tar.gz`;
    archives.set(url, content);
    return `[pkg.${name}.target.x86_64-unknown-linux-gnu]\nurl = "${url}"\nhash = "${createHash('sha256').update(content).digest('hex')}"\n`;
  };
  const manifest = (await Promise.all([component('rustc', 'bin/rustc'), component('cargo', 'bin/cargo'), component('rust-std', 'lib/std')])).join('');
  const asked: string[] = [];
  const downloads: Downloads = {
    offline: false,
    fetchJson: () => Promise.reject(new Error('no JSON here')),
    fetchText({ url }) {
      asked.push(url);
      if (url.endsWith('/manifests.txt'))
        return Promise.resolve('static.rust-lang.org/dist/2025-01-01/channel-rust-1.70.0.toml\nstatic.rust-lang.org/dist/x/channel-rust-beta.toml\n');
      return Promise.resolve(manifest);
    },
    fetchFile({ url, digest, path }) {
      asked.push(url);
      const content = archives.get(url)!;
      if (!('hex' in digest) || createHash('sha256').update(content).digest('hex') !== digest.hex) throw new Error('another digest');
      writeFileSync(path, content);
      return Promise.resolve('network');
    },
    close: () => Promise.resolve(),
  };
  return { asked, createDownloads: () => downloads };
}

async function kitFor(application: Readonly<Record<string, string>>, options: Partial<BuildKitOptions> & { failure?: [command: string, output: string] } = {}) {
  const registry = await standIn();
  const calls: string[] = [];
  let env: Readonly<Record<string, string>> = {};
  const run: CommandRunner = (command) => {
    const line = command.command.slice(1).join(' ');
    calls.push(line);
    env = command.env;
    const fails = options.failure !== undefined && line.startsWith(options.failure[0]);
    const stdout = fails ? options.failure![1] : line.startsWith('metadata') ? JSON.stringify(metadata) : 'Compiling shop\n';
    command.output(stdout);
    if (line.startsWith('build') && !fails) {
      mkdirSync(join(command.env['CARGO_TARGET_DIR']!, 'release'), { recursive: true });
      for (const name of ['admin', 'shop', 'extra']) writeFileSync(join(command.env['CARGO_TARGET_DIR']!, 'release', name), name, { mode: 0o755 });
    }
    return Promise.resolve({ exitCode: fails ? 101 : 0, signal: undefined, tail: stdout, stdout });
  };
  const kit = createBuildKit({
    buildpack: rustBuildpack,
    buildpackDirectory,
    application,
    run,
    createDownloads: registry.createDownloads,
    ...options,
    env: { TSPACK_RUST_SOURCES: 'static.rust-lang.org', ...options.env },
  });
  return { kit, calls, asked: registry.asked, env: () => env, [Symbol.dispose]: () => kit[Symbol.dispose]() };
}

describe('detect', () => {
  it('passes with a Cargo.toml alone', async () => {
    using it = await kitFor(plain);
    expect(await it.kit.detect()).toMatchObject({ exitCode: 0, plan: { alternatives: [{ provides: ['rust'], requires: [{ name: 'rust' }] }] } });
    using other = await kitFor({ 'api/Cargo.toml': '' });
    expect(await other.kit.detect()).toMatchObject({ exitCode: 100, stdout: 'tspack Rust buildpack: no Cargo.toml here (nearest: api/Cargo.toml)\n' });
  });
});

describe('build', () => {
  it('installs Rust, builds the programs and leaves what they may read', async () => {
    using it = await kitFor(plain);
    const result = await it.kit.build();
    expect(result.stderr).toBe('');
    expect(result.stdout).toContain('Rust 1.70.0: the newest, because the application asks for none');
    expect(it.calls).toEqual([
      'metadata --format-version 1 --filter-platform x86_64-unknown-linux-gnu --locked',
      'build --release --locked --bin admin --bin shop',
    ]);
    expect(it.env()).toMatchObject({ CARGO_PROFILE_RELEASE_STRIP: 'symbols', CARGO_HOME: join(it.kit.layersDirectory, 'cargo') });
    expect(result.launch?.processes.map(({ type, command }) => `${type}: ${command.join(' ')}`)).toEqual(['web: shop', 'admin: admin', 'shop: shop']);
    expect(result.layers.get('programs')?.types).toEqual({ build: false, launch: true, cache: false });
    for (const name of ['rust', 'cargo', 'target']) expect(result.layers.get(name)?.types).toEqual({ build: false, launch: false, cache: true });
    expect(readdirSync(join(it.kit.layersDirectory, 'rust'), { recursive: true }).sort()).toEqual(['bin', 'bin/cargo', 'bin/rustc', 'lib', 'lib/std']);
    expect(readdirSync(it.kit.applicationDirectory).sort()).toEqual(['Cargo.lock', 'Cargo.toml', 'static']);
  });

  it('describes the crates that are linked in, not those of build scripts', async () => {
    using it = await kitFor(plain);
    await it.kit.build();
    const sbom = JSON.parse(readFileSync(join(it.kit.layersDirectory, 'programs.sbom.cdx.json'), 'utf8')) as { components: { purl: string }[] };
    expect(sbom.components.map(({ purl }) => purl)).toEqual(['pkg:cargo/dep@2.0.0', 'pkg:cargo/shop@1.0.0']);
    expect(sbom.components[0]).toMatchObject({ licenses: [{ expression: 'MIT OR Apache-2.0' }], hashes: [{ alg: 'SHA-256', content: 'abcd' }] });
  });

  it('builds nothing when nothing has changed, and again when the source or a setting has', async () => {
    using it = await kitFor(plain);
    await it.kit.build();
    it.calls.length = 0;
    expect((await it.kit.build()).stdout).toContain('Reusing the programs');
    expect(it.calls).toEqual([]);
    it.kit.change('src/main.rs', 'fn main() { }\n');
    expect((await it.kit.build()).stdout).toContain('Rebuilding the programs: the source changed');
    it.kit.setEnv('BP_RUST_BINARIES', 'extra,shop');
    const { launch } = await it.kit.build();
    expect(it.calls.at(-1)).toBe('build --release --locked --bin extra --bin shop');
    expect(launch?.processes[0]).toMatchObject({ type: 'web', command: ['extra'] });
  });

  it('gives a file the time at which its content was first seen', async () => {
    let now = new Date('2026-01-01T00:00:00Z');
    using it = await kitFor(plain, { clock: { now: () => now } });
    await it.kit.build();
    now = new Date('2026-01-02T00:00:00Z');
    it.kit.change('static/index.html', 'new');
    await it.kit.build();
    const times = JSON.parse(readFileSync(join(it.kit.layersDirectory, 'target/source-times.json'), 'utf8')) as Record<string, [string, number]>;
    expect([times['src/main.rs']![1], times['static/index.html']![1]]).toEqual([1767225600, 1767312000]);
  });

  it('gives cargo credentials for as long as it runs', async () => {
    using it = await kitFor(plain, { bindings: { registry: { type: 'cargo', 'credentials.toml': '[registry]\ntoken = "s3cret"\n' } } });
    expect((await it.kit.build()).exitCode).toBe(0);
    expect(existsSync(join(it.kit.layersDirectory, 'cargo/config.toml'))).toBe(true);
    expect(existsSync(join(it.kit.layersDirectory, 'cargo/credentials.toml'))).toBe(false);
  });

  it('takes crates from the registry that stands for crates-io', async () => {
    using it = await kitFor(plain, { env: { TSPACK_CARGO_INDEX: 'sparse+https://crates.test/' } });
    await it.kit.build();
    expect(readFileSync(join(it.kit.layersDirectory, 'cargo/config.toml'), 'utf8')).toBe(
      '[source.crates-io]\nreplace-with = "mirror"\n\n[source.mirror]\nregistry = "sparse+https://crates.test/"\n',
    );
  });

  it('takes a version of Debian before any other', async () => {
    using it = await kitFor({ ...plain, 'rust-toolchain.toml': '[toolchain]\nchannel = "1.70"\n' }, { env: { TSPACK_RUST_SOURCES: '' } });
    expect((await it.kit.build()).stdout).toContain('Rust 1.70.0: the newest for "1.70" in rust-toolchain.toml');
    using nobody = await kitFor({ ...plain, 'rust-toolchain': '1.2.3' }, { env: { TSPACK_RUST_SOURCES: 'debian' } });
    const { stderr } = await nobody.kit.build();
    expect(stderr).toMatch(/debian offers 1\.85\.1, 1\.\d+\.\d+ \[RUNTIME_UNAVAILABLE\]/);
    expect(nobody.asked).toEqual([]);
  });

  it('leaves stripping to a manifest that speaks of it', async () => {
    using it = await kitFor({ ...plain, 'Cargo.toml': `${plain['Cargo.toml']}[profile.release]\nstrip = false\n` });
    await it.kit.build();
    expect(it.env()['CARGO_PROFILE_RELEASE_STRIP']).toBeUndefined();
  });
});

describe('errors', () => {
  it.each([
    ['a manifest that is no TOML', { 'Cargo.toml': '[package]\nname = \n' }, {}, 'TOML_INVALID', 'Cargo.toml'],
    ['a lockfile that is no TOML', { ...plain, 'Cargo.lock': '<<<<<<<\n' }, {}, 'TOML_INVALID', 'Cargo.lock'],
    ['a nightly channel', { ...plain, 'rust-toolchain': 'nightly-2026-01-01' }, {}, 'RUST_CHANNEL_UNSUPPORTED', 'nightly-2026-01-01'],
    ['a version that is none', plain, { BP_RUST_VERSION: 'new' }, 'RUST_VERSION_INVALID', '"new" in BP_RUST_VERSION'],
    ['a program that is none', plain, { BP_RUST_BINARIES: 'shp' }, 'RUST_BINARY_UNKNOWN', 'the programs are admin, shop, extra'],
  ])('%s', async (_, application, env, code, text) => {
    using it = await kitFor(application, { env });
    const { exitCode, stderr } = await it.kit.build();
    expect(exitCode).toBe(1);
    expect(stderr).toContain(`[${code}]`);
    expect(stderr).toContain(text);
  });

  it.each([
    ['metadata', 'error: the lock file /workspace/Cargo.lock needs to be updated but --locked was passed to prevent this\n', 'RUST_LOCKFILE_OUT_OF_STEP'],
    ['metadata', 'error: cannot update the lock file /workspace/Cargo.lock because --locked was passed\n', 'RUST_LOCKFILE_OUT_OF_STEP'],
    ['metadata', 'error: failed to parse manifest at `/workspace/Cargo.toml`\n', 'RUST_MANIFEST_INVALID'],
    ['metadata', 'error: failed to download\n  got 401\n', 'RUST_REGISTRY_UNAUTHORIZED'],
    ['metadata', '  [6] Could not resolve hostname (Could not resolve host: x)\n', 'RUST_REGISTRY_UNREACHABLE'],
    ['build', 'error: rustc 1.70.0 is not supported by the following package:\n', 'RUST_VERSION_TOO_OLD'],
    ['build', '/usr/bin/ld: cannot find -lpq: No such file\n', 'RUST_LIBRARY_MISSING'],
    ['build', 'error[E0425]: cannot find value `x`\n --> src/main.rs:1:13\n', 'RUST_BUILD_FAILED'],
  ])('of cargo %s: %s', async (command, output, code) => {
    using it = await kitFor(plain, { failure: [command, output] });
    const { exitCode, stderr } = await it.kit.build();
    expect(exitCode).toBe(1);
    expect(stderr).toContain(`[${code}]`);
    if (code === 'RUST_BUILD_FAILED') expect(stderr).toContain('`cargo build` ended with exit status 101; the first error is at src/main.rs:1:13');
  });
});
