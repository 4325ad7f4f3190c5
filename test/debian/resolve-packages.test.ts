import { describe, expect, test } from 'vitest';
import { PackageResolutionError, createLock, resolvePackages } from '../../src/debian/index.ts';
import { PackageIndexBuilder } from '../../src/debian/package-index.ts';

/** `name version` and then fields, one package a string; `!` in front of a version marks a backport. */
async function indexOf(...packages: readonly string[]) {
  const builder = new PackageIndexBuilder('amd64');
  for (const each of packages) {
    const [head, ...fields] = each.split('; ');
    const [name, version] = head!.split(' ');
    const notAutomatic = version!.startsWith('!');
    const lines = [
      `Package: ${name}`,
      `Version: ${version!.replace('!', '')}`,
      'Architecture: amd64',
      ...fields,
      `Filename: pool/${name}.deb`,
      'Size: 1',
      `SHA256: ${'0'.repeat(64)}`,
      '',
    ];
    await builder.add(chunks(lines.join('\n')), { name: notAutomatic ? 'backports' : 'main', notAutomatic });
  }
  return builder.build();
}

async function* chunks(text: string) {
  yield text.slice(0, 10);
  yield text.slice(10);
}

async function names(wanted: readonly string[], packages: readonly string[], exclude: readonly string[] = []) {
  const { packages: found } = resolvePackages({ wanted, index: await indexOf(...packages), exclude });
  return found.map(({ name, version }) => `${name} ${version}`);
}

async function failure(wanted: readonly string[], packages: readonly string[], exclude: readonly string[] = []): Promise<PackageResolutionError> {
  const index = await indexOf(...packages);
  try {
    resolvePackages({ wanted, index, exclude });
  } catch (error) {
    if (error instanceof PackageResolutionError) return error;
    throw error;
  }
  throw new Error('it was resolved');
}

describe('resolvePackages()', () => {
  test('takes Pre-Depends and Depends of the newest version, and no Recommends', async () => {
    const packages = [
      'aa 1; Depends: old',
      'aa 2; Depends: bb (>= 1); Recommends: rr'.replace('; Rec', '\nRec'),
      'bb 1~rc1',
      'bb 1; Pre-Depends: cc',
      'cc 1',
      'rr 1',
      'old 1',
    ];
    expect(await names(['aa'], packages)).toEqual(['aa 2', 'bb 1', 'cc 1']);
  });

  test('takes the first alternative that works, unless another one is chosen already', async () => {
    const packages = ['aa 1; Depends: gone | bb (>= 2) | cc | dd', 'bb 1', 'cc 1', 'dd 1'];
    expect(await names(['aa'], packages)).toEqual(['aa 1', 'cc 1']);
    expect(await names(['aa', 'dd'], packages)).toEqual(['aa 1', 'dd 1']);
  });

  test('a versioned dependency is met by a versioned Provides only', async () => {
    const packages = ['aa 1; Depends: vv (>= 2)', 'pp 9; Provides: vv', 'qq 9; Provides: vv (= 1)', 'zz 1; Provides: vv (= 2)'];
    expect(await names(['aa'], packages)).toEqual(['aa 1', 'zz 1']);
  });

  test('of several providers it takes the highest priority, then the first name', async () => {
    const packages = [
      'aa 1; Depends: vv',
      'p2 1; Provides: vv; Priority: optional',
      'p1 1; Provides: vv; Priority: optional',
      'qq 1; Provides: vv; Priority: important',
    ];
    expect(await names(['aa'], packages)).toEqual(['aa 1', 'qq 1']);
    expect(await names(['aa'], packages.slice(0, 3))).toEqual(['aa 1', 'p1 1']);
  });

  test('leaves out what is excluded, also behind virtual names, and records it', async () => {
    const index = await indexOf(
      'aa 1; Depends: debconf (>= 0.5) | debconf-2.0, virtual, bb',
      'debconf 1; Provides: debconf-2.0, virtual',
      'cdebconf 1; Provides: debconf-2.0, virtual',
      'bb 1; Depends: debconf-2.0',
    );
    const { packages, excluded } = resolvePackages({ wanted: ['aa'], index, exclude: ['debconf', 'unused'] });
    expect(packages.map(({ name }) => name)).toEqual(['aa', 'bb']);
    expect(excluded).toEqual(['debconf', 'debconf-2.0', 'virtual']);
  });

  test('takes from backports only what nothing else meets', async () => {
    const packages = ['aa 1; Depends: bb (>= 2), cc', 'bb 1', 'bb !3', 'cc 1', 'cc !9'];
    expect(await names(['aa'], packages)).toEqual(['aa 1', 'bb 3', 'cc 1']);
  });

  test('reads architecture qualifiers', async () => {
    expect(await names(['aa'], ['aa 1; Depends: bb:any, cc:amd64, dd:native', 'bb 1', 'cc 1', 'dd 1'])).toHaveLength(4);
    expect((await failure(['aa'], ['aa 1; Depends: bb:i386', 'bb 1'])).message).toMatch(/another architecture/);
  });

  test('survives circles', async () => {
    expect(await names(['aa'], ['aa 1; Depends: bb (= 1)', 'bb 1; Depends: aa (= 1)'])).toEqual(['aa 1', 'bb 1']);
  });

  test('does not put packages together that conflict or break each other', async () => {
    const packages = ['aa 1; Depends: bb | cc', 'bb 1; Conflicts: ww', 'cc 1', 'xx 1; Provides: ww; Conflicts: ww', 'yy 1; Breaks: bb (<< 2)'];
    expect(await names(['xx', 'aa'], packages)).toEqual(['aa 1', 'cc 1', 'xx 1']);
    expect(await names(['yy', 'aa'], packages)).toEqual(['aa 1', 'cc 1', 'yy 1']);
    expect((await failure(['xx', 'bb'], packages)).message).toMatch(/bb 1 conflicts with ww, which xx 1 is/);
  });

  test('explains a failure as a chain from the list to what is missing', async () => {
    const error = await failure(['aa'], ['aa 1; Depends: bb', 'bb 2; Depends: libc6 (>= 3)', 'libc6 2.41-12']);
    expect(error.chain).toEqual([
      { requiredBy: 'the package list', requirement: 'aa' },
      { requiredBy: 'aa 1', requirement: 'bb' },
      { requiredBy: 'bb 2', requirement: 'libc6 (>= 3)' },
    ]);
    expect(error.disqualified).toEqual([{ candidate: 'libc6 2.41-12', reason: 'version 2.41-12 is not >= 3' }]);
    expect(error.message).toBe(
      'Cannot resolve the packages: the package list needs aa, aa 1 needs bb, bb 2 needs libc6 (>= 3), but libc6 2.41-12 will not do because version 2.41-12 is not >= 3',
    );
  });

  test('proposes names that are near', async () => {
    expect((await failure(['opensll'], ['openssl 1', 'zlib1g 1'])).nextStep).toMatch(/did you mean openssl/);
  });

  test('says which choice stands in the way when two packages want different versions', async () => {
    const error = await failure(['aa', 'cc'], ['aa 1; Depends: bb', 'bb 1', 'bb 2', 'cc 1; Depends: bb (<< 2)']);
    expect(error.message).toMatch(/bb 2 will not do because version 2 is not << 2, bb 1 will not do because bb 2 is chosen already, for aa 1/);
  });

  test('leaves packages of other architectures and odd entries out of the index', async () => {
    const builder = new PackageIndexBuilder('arm64');
    const entry = (name: string, architecture: string, path = `pool/${name}.deb`) =>
      `Package: ${name}\nVersion: 1\nArchitecture: ${architecture}\nFilename: ${path}\nSize: 1\nSHA256: ${'0'.repeat(64)}\n\n`;
    await builder.add(chunks(entry('aa', 'amd64') + entry('bb', 'arm64') + entry('cc', 'all') + entry('dd', 'all', '../../etc/x.deb')), {
      name: 'main',
      notAutomatic: false,
    });
    expect([...builder.build().names()]).toEqual(['bb', 'cc']);
  });
});

describe('createLock()', () => {
  test('locks each package once, with the sets that need it', async () => {
    const index = await indexOf('aa 1; Depends: cc', 'bb 1; Depends: cc, xx', 'cc 1', 'xx 1');
    const sources = [{ name: 'main', archive: 'debian' as const, suite: 'trixie', date: '2026-06-01T12:00:00Z' }];
    const lock = createLock(index, sources, [
      { name: 'run', packages: ['aa'], exclude: [] },
      { name: 'build', packages: ['bb'], exclude: ['xx'] },
    ]);
    expect(lock.packages.map(({ name, sets }) => [name, ...sets])).toEqual([
      ['aa', 'run'],
      ['bb', 'build'],
      ['cc', 'build', 'run'],
    ]);
    expect(lock.excluded).toEqual([{ name: 'xx', sets: ['build'] }]);
  });
});
