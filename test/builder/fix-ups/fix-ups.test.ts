import { describe, expect, it } from 'vitest';
import { applyFixUps } from '../../../src/builder/fix-ups/index.ts';
import type { FixUpInput } from '../../../src/builder/fix-ups/fix-up.ts';
import { rootFile } from '../../../src/builder/root-tree.ts';
import type { RootEntry } from '../../../src/builder/root-tree.ts';
import { TEST_CERTIFICATES } from '../../support/test-certificates.ts';

const USER = { name: 'cnb', uid: 1001, gid: 1000 };

function apply(files: readonly RootEntry[], rest: Partial<FixUpInput> = {}) {
  const tree = new Map(files.map((entry) => [entry.path, entry]));
  return applyFixUps({ tree, architecture: 'amd64', user: USER, packages: [], read: (path) => Buffer.from(tree.get(path)!.content!), ...rest });
}

const text = (entry: RootEntry | undefined) => Buffer.from(entry?.content ?? []).toString();
const program = (path: string, package_: string) => rootFile(path, 'x', package_);

describe('applyFixUps()', () => {
  it('links what lies below /usr, with lib64 only where the architecture has it', () => {
    expect(apply([]).get('/lib64')).toMatchObject({ type: 'symlink', linkTarget: 'usr/lib64' });
    const arm = apply([], { architecture: 'arm64' });
    expect(arm.get('/lib')).toMatchObject({ linkTarget: 'usr/lib' });
    expect(arm.has('/lib64')).toBe(false);
  });

  it('makes mount points, those of the user owned by the user', () => {
    const tree = apply([]);
    for (const path of ['/proc', '/sys', '/dev', '/run', '/platform', '/cnb']) expect(tree.get(path), path).toMatchObject({ type: 'directory', owner: 'root' });
    for (const path of ['/home/cnb', '/workspace', '/layers']) expect(tree.get(path), path).toMatchObject({ type: 'directory', owner: 'user' });
    expect(tree.get('/tmp')?.mode).toBe(0o1777);
    expect(tree.get('/var/run')?.linkTarget).toBe('../run');
  });

  it('adds the user to the account lists of base-passwd, with a shell that is there', () => {
    const masters = [
      rootFile('/usr/share/base-passwd/passwd.master', 'root:*:0:0:root:/root:/bin/bash\n'),
      rootFile('/usr/share/base-passwd/group.master', 'root:*:0:\n'),
    ];
    expect(text(apply(masters).get('/etc/passwd'))).toContain('cnb:*:1001:1000::/home/cnb:/usr/sbin/nologin\n');
    const tree = apply([...masters, program('/usr/bin/bash', 'bash')]);
    expect(text(tree.get('/etc/passwd'))).toBe('root:*:0:0:root:/root:/bin/bash\ncnb:*:1001:1000::/home/cnb:/bin/bash\n');
    expect(text(tree.get('/etc/group'))).toBe('root:*:0:\ncnb:*:1000:\n');
  });

  it('links alternatives to the best candidate, never over a file of a package', () => {
    const tree = apply([
      program('/usr/bin/mawk', 'mawk'),
      program('/usr/bin/gawk', 'gawk'),
      program('/usr/bin/bash', 'bash'),
      program('/usr/bin/which', 'other'),
      program('/usr/bin/which.debianutils', 'debianutils'),
    ]);
    expect(tree.get('/usr/bin/awk')).toMatchObject({ linkTarget: 'gawk', package: 'gawk' });
    expect(tree.get('/usr/bin/sh')).toMatchObject({ linkTarget: 'bash' });
    expect(tree.get('/usr/bin/which')).toMatchObject({ type: 'file', package: 'other' });
    expect(tree.has('/usr/bin/cc')).toBe(false);
  });

  it('writes one status file per package, with the status after the name', () => {
    const control = 'Package: zlib1g\nVersion: 1:1.3\nDescription: compression\n more\n';
    const tree = apply([], { packages: [{ name: 'zlib1g', version: '1:1.3', control, md5sums: 'abc  usr/lib/libz.so\n' }] });
    expect(text(tree.get('/var/lib/dpkg/status.d/zlib1g'))).toBe(
      'Package: zlib1g\nStatus: install ok installed\nVersion: 1:1.3\nDescription: compression\n more\n',
    );
    expect(tree.get('/var/lib/dpkg/status.d/zlib1g.md5sums')?.package).toBe('zlib1g');
  });

  it('makes the certificate bundle with readable names and hash links', () => {
    const [first, second] = TEST_CERTIFICATES;
    const tree = apply([rootFile('/usr/share/ca-certificates/mozilla/B (x).crt', first.pem), rootFile('/usr/share/ca-certificates/mozilla/A.crt', second.pem)]);
    expect(text(tree.get('/etc/ssl/certs/ca-certificates.crt'))).toBe(second.pem + first.pem);
    expect(tree.get('/etc/ssl/certs/B_=x=.pem')?.linkTarget).toBe('/usr/share/ca-certificates/mozilla/B (x).crt');
    expect(tree.get(`/etc/ssl/certs/${first.subjectHash}.0`)?.linkTarget).toBe('B_=x=.pem');
    expect(tree.get('/usr/lib/ssl/cert.pem')?.linkTarget).toBe('/etc/ssl/certs/ca-certificates.crt');
  });

  it('numbers certificates of one subject', () => {
    const [first] = TEST_CERTIFICATES;
    const tree = apply([rootFile('/usr/share/ca-certificates/a.crt', first.pem), rootFile('/usr/share/ca-certificates/b.crt', first.pem)]);
    expect(tree.get(`/etc/ssl/certs/${first.subjectHash}.1`)?.linkTarget).toBe('b.pem');
  });

  it('gives every entry its parent directories', () => {
    const tree = apply([program('/usr/share/deep/er/file', 'p')]);
    for (const path of tree.keys()) {
      const parent = path.slice(0, path.lastIndexOf('/'));
      if (parent !== '') expect(tree.get(parent)?.type, path).toBe('directory');
    }
  });
});
