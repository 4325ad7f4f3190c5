import { describe, expect, it } from 'vitest';
import { writeTar } from '../../src/archive/index.ts';
import { readImagePackages } from '../../src/builder/index.ts';
import { digestOf } from '../../src/foundation/index.ts';
import { createTarLayer } from '../../src/oci/index.ts';
import type { Layer } from '../../src/oci/index.ts';

/** A layer with these files; a content that begins with `->` is a link. */
async function layer(files: Readonly<Record<string, string>>): Promise<Layer> {
  const entries = Object.entries(files).map(([path, content]) =>
    content.startsWith('->')
      ? { path, type: 'symlink' as const, linkTarget: content.slice(2) }
      : { path, type: 'file' as const, content: Buffer.from(content) },
  );
  const chunks: Uint8Array[] = [];
  for await (const chunk of writeTar(entries)) chunks.push(chunk);
  const tar = Buffer.concat(chunks);
  return createTarLayer({
    diffId: digestOf(tar),
    tarSizeBytes: tar.length,
    openTar: async function* () {
      yield await Promise.resolve(tar);
    },
  });
}

const stanza = (name: string, version: string, more = '') =>
  `Package: ${name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: ${version}\n${more}`;
const DEBIAN = 'PRETTY_NAME="Debian GNU/Linux 13 (trixie)"\nID=debian\nVERSION_ID="13"\n';

describe('readImagePackages()', () => {
  it('finds a file per package with its licence, its edges and the system', async () => {
    const components = await readImagePackages([
      await layer({
        'usr/lib/os-release': DEBIAN,
        '/var/lib/dpkg/status.d/libc6': stanza('libc6', '2.41-12', 'Source: glibc\nDescription: GNU C Library\n more\n'),
        '/var/lib/dpkg/status.d/libc6.md5sums': 'x',
        'usr/share/doc/libc6/copyright': 'see /usr/share/common-licenses/LGPL-2.1',
      }),
      await layer({ './var/lib/dpkg/status.d/zlib1g': stanza('zlib1g', '1:1.3', 'Depends: libc6 (>= 2.14)\n'), 'usr/share/doc/zlib1g': '->libc6' }),
    ]);
    expect(components).toEqual([
      { type: 'operating-system', id: 'os:debian', name: 'debian', version: '13', description: 'Debian GNU/Linux 13 (trixie)' },
      expect.objectContaining({
        name: 'libc6',
        purl: 'pkg:deb/debian/libc6@2.41-12?arch=amd64&distro=debian-13&upstream=glibc',
        description: 'GNU C Library',
        licences: ['LGPL-2.1-only'],
        locations: ['/var/lib/dpkg/status.d/libc6'],
      }),
      expect.objectContaining({
        name: 'zlib1g',
        licences: ['LGPL-2.1-only'],
        dependsOn: ['pkg:deb/debian/libc6@2.41-12?arch=amd64&distro=debian-13&upstream=glibc'],
      }),
    ]);
  });

  it("reads dpkg's own database, of Ubuntu too, without what is only configured", async () => {
    const status = [stanza('bash', '5.2'), stanza('gone', '1').replace('install ok installed', 'deinstall ok config-files')].join('\n');
    const [, ...packages] = await readImagePackages([await layer({ 'etc/os-release': 'ID=ubuntu\nVERSION_ID="24.04"\n', 'var/lib/dpkg/status': status })]);
    expect(packages.map(({ purl }) => purl)).toEqual(['pkg:deb/ubuntu/bash@5.2?arch=amd64&distro=ubuntu-24.04']);
  });

  it('sees what later layers replace and remove', async () => {
    const packages = await readImagePackages([
      await layer({ 'var/lib/dpkg/status.d/a': stanza('a', '1'), 'var/lib/dpkg/status.d/b': stanza('b', '1') }),
      await layer({ 'var/lib/dpkg/status.d/a': stanza('a', '2'), 'var/lib/dpkg/status.d/.wh.b': '' }),
    ]);
    expect(packages.map(({ name, version }) => `${name} ${version}`)).toEqual(['a 2']);
    const none = await readImagePackages([await layer({ 'var/lib/dpkg/status': stanza('a', '1') }), await layer({ 'var/lib/dpkg/.wh..wh..opq': '' })]);
    expect(none).toEqual([]);
  });

  it('knows nothing of other systems', async () => {
    expect(await readImagePackages([await layer({ 'etc/os-release': 'NAME=x\n', 'lib/apk/db/installed': 'P:musl' })])).toEqual([]);
  });
});
