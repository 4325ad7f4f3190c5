import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createHttpClient } from '../../src/http/index.ts';
import { readTar } from '../../src/archive/index.ts';
import { createPackageSupply, readBuilder, updateBuilderLock } from '../../src/builder/index.ts';
import type { BuilderDefinition, BuilderEvent, PackageSupply } from '../../src/builder/index.ts';
import { httpTransport } from '../../src/debian/index.ts';
import type { DebianContext } from '../../src/debian/index.ts';
import type { Layer } from '../../src/oci/index.ts';
import { FAKE_RELEASE_DATE } from './fake-apt-repository.ts';
import type { FakeAptRepository, FakePackage } from './fake-apt-repository.ts';
import { TEST_CERTIFICATES } from './test-certificates.ts';

/** A day after the fake repository was signed. */
export const FAKE_CLOCK = { now: () => new Date(FAKE_RELEASE_DATE.getTime() + 86_400_000) };

/** A small distribution: real packages in form, with every thing that the fix-ups look at. */
export function fakePackages(version = '1.0'): readonly FakePackage[] {
  const both = (name: string, rest: Partial<FakePackage> = {}): readonly FakePackage[] =>
    ['amd64', 'arm64'].map((architecture) => ({ name, version, architecture, ...rest }));
  return [
    {
      name: 'base-passwd',
      version: '3.6',
      architecture: 'all',
      fields: ['Depends: debconf'],
      entries: [
        { path: './', flag: '5' },
        { path: './usr/share/base-passwd/passwd.master', content: 'root:*:0:0:root:/root:/bin/bash\n' },
        { path: './usr/share/base-passwd/group.master', content: 'root:*:0:\n' },
      ],
    },
    {
      name: 'ca-certificates',
      version: '20250419',
      architecture: 'all',
      entries: TEST_CERTIFICATES.map(({ name, pem }) => ({ path: `./usr/share/ca-certificates/mozilla/${name}.crt`, content: pem })),
    },
    ...both('shell', {
      fields: ['Depends: libthing (>= 1)'],
      entries: [
        { path: './bin/bash', mode: 0o755, content: `bash ${version}` },
        { path: './usr/bin/mawk', mode: 0o755, content: 'awk' },
        { path: './usr/bin/passwd', mode: 0o4755, content: 'gains rights' },
        { path: './usr/share/man/man1/bash.1.gz', content: 'manual' },
        { path: './usr/share/doc/shell/changelog.gz', content: 'changes' },
        { path: './usr/share/doc/shell/copyright', content: 'licence' },
        { path: './var/run', flag: '5' },
      ],
    }),
    ...both('libthing', {
      entries: [
        { path: './lib/', flag: '5' },
        { path: './lib/libthing.so.1.0', content: 'library' },
        { path: './usr/lib/libthing.so.1', flag: '2', linkTarget: 'libthing.so.1.0' },
        { path: './usr/lib/libthing-alias.so', flag: '1', linkTarget: './lib/libthing.so.1.0' },
      ],
    }),
  ];
}

/** Writes `builder.toml` for the packages of {@link fakePackages} below `parent`. */
export function writeFakeBuilder(parent: string, name = 'own'): BuilderDefinition {
  const directory = join(parent, name);
  mkdirSync(directory, { recursive: true });
  writeFileSync(
    join(directory, 'builder.toml'),
    `
description = "A builder for tests"
maintainer = "tests"
homepage = "https://example.org"
suites = ["trixie"]
[[order]]
group = ["shell"]
[distribution]
name = "debian"
version = "13"
codename = "trixie"
[exclude]
packages = ["debconf"]
[run-image]
reference = "example/run:1"
packages = ["base-passwd", "ca-certificates", "shell"]
[[run-image.layers]]
name = "data"
packages = ["ca-certificates"]
[[run-image.layers]]
name = "libraries"
packages = ["libthing"]
[build-image]
reference = "example/build:1"
packages = ["base-passwd", "shell"]
[toolbox]
packages = ["libthing"]
[node]
version = "24.0.0"
[node.integrity]
amd64 = "sha512-${'A'.repeat(86)}=="
arm64 = "sha512-${'A'.repeat(86)}=="
[npm]
version = "11.0.0"
integrity = "sha512-${'A'.repeat(86)}=="
`,
  );
  return readBuilder(directory);
}

/** Access to a fake repository with an empty cache. */
export function fakeDebian(repository: FakeAptRepository, cacheDirectory: string): DebianContext {
  return { transport: httpTransport(createHttpClient({ userAgent: 'test', clock: FAKE_CLOCK })), mirrors: repository.mirrors, cacheDirectory };
}

/** A builder with its locks made from the repository, and a supply for amd64. */
export async function lockFakeBuilder(
  repository: FakeAptRepository,
  home: string,
  options: { readonly frozen?: boolean; readonly events?: (event: BuilderEvent) => void } = {},
): Promise<{ readonly builder: BuilderDefinition; supply(architecture?: 'amd64' | 'arm64'): PackageSupply }> {
  const builder = writeFakeBuilder(join(home, 'builders'));
  const debian = fakeDebian(repository, join(home, 'downloads'));
  const { keyringDirectory } = repository;
  await updateBuilderLock({ builder, debian, clock: FAKE_CLOCK, keyringDirectory });
  const { frozen = false, events } = options;
  return {
    builder,
    supply: (architecture = 'amd64') =>
      createPackageSupply({
        builder,
        architecture,
        debian,
        lockCacheDirectory: join(home, 'locks'),
        frozen,
        clock: FAKE_CLOCK,
        keyringDirectory,
        ...(events === undefined ? {} : { events }),
      }),
  };
}

/** The entries of a layer by path, files with their content as text. */
export async function listLayer(layer: Layer): Promise<
  ReadonlyMap<
    string,
    {
      readonly type: string;
      readonly mode: number;
      readonly uid: number;
      readonly gid: number;
      readonly linkTarget: string | undefined;
      readonly content: string;
    }
  >
> {
  const found = new Map<string, { type: string; mode: number; uid: number; gid: number; linkTarget: string | undefined; content: string }>();
  for await (const entry of readTar(layer.openTar())) {
    const chunks: Uint8Array[] = [];
    for await (const chunk of entry.content) chunks.push(chunk);
    const { type, mode, uid, gid, linkTarget } = entry;
    found.set(entry.path.replace(/\/$/, ''), { type, mode, uid, gid, linkTarget, content: Buffer.concat(chunks).toString() });
  }
  return found;
}
