import { describe, expect, it } from 'vitest';
import { TspackError } from '../../src/index.ts';
import type { ImageDifference, ListedImage, UsedSpace } from '../../src/index.ts';
import { digest, runFake } from '../support/fake-library.ts';
import type { FakeLibrary } from '../support/fake-library.ts';

const IMAGES: readonly ListedImage[] = [
  {
    name: 'registry.example.com/team/app:1.2',
    imageId: digest('a'),
    manifestDigest: digest('b'),
    platform: 'linux/amd64',
    sizeBytes: 141_300_000,
    created: '1980-01-01T00:00:01Z',
    updated: '2024-01-02T01:00:00Z',
  },
  { name: 'evil\u001b[2J', imageId: digest('c'), platform: 'linux/arm64', sizeBytes: 900 },
];
const SPACE: readonly UsedSpace[] = [
  {
    kind: 'cache',
    id: 'images/4761733e93cc',
    description: 'unpacked base image or tool',
    sizeBytes: 430_400_000,
    reclaimable: true,
    lastUsed: '2024-01-02T03:00:00Z',
  },
  { kind: 'image', id: 'aaaaaaaaaaaa', description: 'app, other', sizeBytes: 1_204_000, reclaimable: false },
];

describe('tspack ls', () => {
  const library: FakeLibrary = { listImages: async () => IMAGES };

  it('prints a table, JSON lines or IDs', async () => {
    const table = await runFake(['ls'], { library });
    await expect(table.stdout).toMatchFileSnapshot('../golden/cli/ls.txt');
    const json = await runFake(['images', '--format', 'json'], { library });
    expect(
      json.stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual(IMAGES);
    expect((await runFake(['ls', '-q'], { library })).stdout).toBe('aaaaaaaaaaaa\ncccccccccccc\n');
    expect((await runFake(['ls', '-q', '--no-trunc'], { library })).stdout).toBe(`${digest('a')}\n${digest('c')}\n`);
  });

  it('hands filters on', async () => {
    const asked: unknown[] = [];
    const asking: FakeLibrary = { listImages: async (filter) => (asked.push(filter), []) };
    await runFake(['ls', 'team/*', '-f', 'label=a=b', '--filter', 'since=x', '-f', 'label=c'], { library: asking });
    expect(asked).toEqual([{ reference: ['team/*'], label: ['a=b', 'c'], since: ['x'] }]);
    const { code, stderr } = await runFake(['ls', '--filter', 'dangling=true'], { library });
    expect({ code, stderr }).toMatchObject({ code: 3, stderr: expect.stringContaining('Cannot filter by "dangling=true"') as string });
  });
});

describe('tspack rm', () => {
  it("says docker's words", async () => {
    const library: FakeLibrary = {
      removeImages: async (names, options) => {
        expect([names, options]).toEqual([['app', 'gone'], { force: true }]);
        return { untagged: ['app'], deleted: [digest('a')], missing: ['gone'], freedBytes: 2000 };
      },
    };
    expect(await runFake(['rm', '-f', 'app', 'gone'], { library })).toEqual({
      code: 0,
      stdout: `Untagged: app\nDeleted: ${digest('a')}\n`,
      stderr: 'Warning: There is no image "gone" in the local store\nFreed 2.0 kB\n',
    });
    expect((await runFake(['rm'], { library })).code).toBe(3);
  });
});

describe('tspack pull, push, load and tag', () => {
  it('print what stands where, one a line', async () => {
    const library: FakeLibrary = {
      pullImage: async ({ image, platform }) => ({ name: image, imageId: digest('a'), ...(platform === undefined ? {} : { manifestDigest: digest('b') }) }),
      pushImage: async ({ destinations }) => destinations.map((name) => ({ name, digest: digest('d') })),
      loadImages: async (source, { name = 'none' }) => [{ name: `${name}-${typeof source}`, imageId: digest('e') }],
      tagImage: async (_image, names) => names,
    };
    expect((await runFake(['pull', 'app:1', '--platform', 'linux/arm64'], { library })).stdout).toBe(`app@${digest('b')}\n`);
    expect((await runFake(['pull', 'docker:app'], { library })).stdout).toBe(`docker:app ${digest('a')}\n`);
    expect((await runFake(['push', 'app', 'a.com/x:1', 'b.com/y:2'], { library })).stdout).toBe(`a.com/x@${digest('d')}\nb.com/y@${digest('d')}\n`);
    expect((await runFake(['load', '-i', 'a.tar'], { library })).stdout).toBe(`none-string ${digest('e')}\n`);
    expect((await runFake(['load', '--name', 'n'], { library, stdin: 'tar' })).stdout).toBe(`n-object ${digest('e')}\n`);
    expect(await runFake(['tag', 'a', 'b', 'c'], { library })).toEqual({ code: 0, stdout: '', stderr: 'Tagged a as b\nTagged a as c\n' });
  });

  it('are told to try again later when a registry is away', async () => {
    const away = Object.assign(new TspackError({ code: 'REGISTRY_UNREACHABLE', message: 'Cannot reach a.com' }), { transient: true });
    expect((await runFake(['pull', 'a.com/x'], { library: { pullImage: () => Promise.reject(away) } })).code).toBe(75);
  });
});

describe('tspack save and load', () => {
  it('keep archives away from terminals', async () => {
    for (const argv of [['save', 'app'], ['load']]) {
      const { code, stderr } = await runFake(argv, { terminal: true });
      expect({ code, stderr }).toMatchObject({ code: 3, stderr: expect.stringContaining('terminal') as string });
    }
  });

  it('write to a pipe or a file', async () => {
    const saved: unknown[] = [];
    const library: FakeLibrary = {
      saveImages: async () =>
        (async function* () {
          yield Buffer.from('archive');
        })(),
      saveImagesTo: async (...args) => void saved.push(args.slice(0, 2)),
    };
    expect((await runFake(['save', 'a', 'b'], { library })).stdout).toBe('archive');
    expect((await runFake(['save', 'a', '--format', 'oci', '-o', 'x.tar'], { library, terminal: true })).code).toBe(0);
    expect(saved).toEqual([['/project/x.tar', { images: ['a'], format: 'oci' }]]);
    expect((await runFake(['save', 'a', '--format', 'zip'], { library })).code).toBe(3);
  });
});

describe('tspack du and prune', () => {
  it("print img's tables", async () => {
    const library: FakeLibrary = {
      diskUsage: async () => ({ items: SPACE, reclaimableBytes: 430_400_000, totalBytes: 431_604_000 }),
      prune: async ({ dryRun }) => ({ removed: SPACE.slice(0, 1), freedBytes: 430_400_000, totalBytes: dryRun ? 1 : 2 }),
    };
    const { stdout } = await runFake(['du'], { library });
    await expect(stdout).toMatchFileSnapshot('../golden/cli/du.txt');
    const dry = await runFake(['prune', '--dry-run'], { library });
    await expect(dry.stdout).toMatchFileSnapshot('../golden/cli/prune-dry-run.txt');
    expect((await runFake(['prune', '-q'], { library })).stdout).toBe('Reclaimed:  430.4 MB\nTotal:      2 B\n');
    expect(JSON.parse((await runFake(['prune', '--format', 'json'], { library })).stdout)).toMatchObject({ freedBytes: 430_400_000 });
  });

  it('read limits, and say what is wrong with them', async () => {
    const asked: unknown[] = [];
    const library: FakeLibrary = { prune: async (request) => (asked.push(request), { removed: [], freedBytes: 0, totalBytes: 0 }) };
    await runFake(['prune', '--all', '--keep-duration', '1d12h', '--keep-storage', '1.5GB'], { library });
    await runFake(['prune', '--keep-duration', '0', '--keep-storage', '2GiB'], { library });
    expect(asked).toEqual([
      { images: true, keepMilliseconds: 36 * 3_600_000, keepBytes: 1_500_000_000, dryRun: false },
      { images: false, keepMilliseconds: 0, keepBytes: 2 * 1024 ** 3, dryRun: false },
    ]);
    for (const argv of [
      ['--keep-duration', '2 weeks'],
      ['--keep-duration', ''],
      ['--keep-storage', '10 potatoes'],
      ['--keep-storage', '-1'],
      ['--format', 'yaml'],
    ]) {
      expect({ argv, code: (await runFake(['prune', ...argv], { library })).code }).toEqual({ argv, code: 3 });
    }
  });
});

describe('tspack history', () => {
  it("prints docker's table", async () => {
    const library: FakeLibrary = {
      imageHistory: async () => [
        { imageId: digest('a'), created: '2024-01-01T03:04:05Z', createdBy: 'a step whose text is longer than what docker shows of it', sizeBytes: 1000 },
        { createdBy: 'ENV \u0007', sizeBytes: 0, comment: 'said' },
      ],
    };
    await expect((await runFake(['history', 'app'], { library })).stdout).toMatchFileSnapshot('../golden/cli/history.txt');
    expect((await runFake(['history', 'app', '-q'], { library })).stdout).toBe('aaaaaaaaaaaa\n<missing>\n');
    expect((await runFake(['history', 'app', '--no-trunc'], { library })).stdout).toContain('longer than what docker shows of it');
  });
});

describe('tspack diff', () => {
  const same: ImageDifference = {
    from: { name: 'a', imageId: digest('a'), sizeBytes: 2000 },
    to: { name: 'b', imageId: digest('a'), sizeBytes: 2000 },
    packages: [],
    environment: [],
    processes: [],
    settings: [],
    layers: [],
    files: [],
  };
  const other: ImageDifference = {
    ...same,
    to: { name: 'b', imageId: digest('b'), sizeBytes: 5000 },
    packages: [
      { ecosystem: 'npm', name: 'express', from: ['4.0.0'], to: ['4.0.1', '5.0.0'] },
      { ecosystem: 'deb', name: 'curl', from: [], to: ['8.0'] },
      { ecosystem: 'deb', name: 'wget', from: ['1.0'], to: [] },
    ],
    environment: [
      { name: 'MODE', from: 'a', to: 'b' },
      { name: 'NEW', to: 'yes' },
    ],
    processes: [{ name: 'web', from: 'node a.js' }],
    layers: [{ change: 'added', diffId: digest('1'), createdBy: 'app', sizeBytes: 1000 }],
    files: Array.from({ length: 22 }, (_, index) => ({ path: `/file-${index}`, change: 'changed' as const, aspects: ['content'], fromBytes: 1, toBytes: 2 })),
  };

  it('shows what is another', async () => {
    const library: FakeLibrary = { diffImages: async () => other };
    await expect((await runFake(['diff', 'a', 'b'], { library })).stdout).toMatchFileSnapshot('../golden/cli/diff.txt');
    expect((await runFake(['diff', 'a', 'b', '--files'], { library })).stdout).toContain('/file-21');
    expect((await runFake(['diff', 'a', 'b', '--exit-code'], { library })).code).toBe(1);
    expect((await runFake(['diff', 'a', 'b', '--exit-code'], { library: { diffImages: async () => same } })).code).toBe(0);
    expect((await runFake(['diff', 'a', 'b'], { library: { diffImages: async () => same } })).stdout).toContain('No differences');
    expect((await runFake(['diff', 'a'], { library })).code).toBe(3);
  });
});

describe('tspack login and logout', () => {
  const asked: unknown[] = [];
  const library: FakeLibrary = {
    login: async (options) => {
      asked.push(options);
      return { place: '/home/me/.docker/config.json', plainText: true };
    },
    logout: async (registry) => (registry === 'known.com' ? { place: 'docker-credential-pass', plainText: false } : undefined),
  };

  it('reads the password from standard input, and from nowhere else without a terminal', async () => {
    const { code, stdout, stderr } = await runFake(['login', 'https://a.com/v2/', '-u', 'me', '--password-stdin'], { library, stdin: 'open sesame\n' });
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'Login Succeeded\n' });
    expect(stderr).toContain('unencrypted');
    expect(asked.pop()).toEqual({ registry: 'a.com', username: 'me', password: 'open sesame', insecureRegistries: [] });
    for (const argv of [['-u', 'me'], ['--password-stdin'], ['-u', 'me', '-p', 'x', '--password-stdin'], ['a.com/team/app', '-u', 'me', '-p', 'x']]) {
      expect({ argv, code: (await runFake(['login', ...argv], { library, stdin: 'x' })).code }).toEqual({ argv, code: 3 });
    }
    expect((await runFake(['login', '-u', 'me', '--password-stdin'], { library, stdin: '' })).code).toBe(3);
  });

  it('asks on a terminal', async () => {
    const { stderr } = await runFake(['login'], { library, terminal: true, answers: ['me', 'secret'] });
    expect(stderr).toContain('Username: Password: ');
    expect(stderr).not.toContain('secret');
    expect(asked.pop()).toMatchObject({ registry: 'docker.io', username: 'me', password: 'secret' });
  });

  it('forgets a login, or says that there is none', async () => {
    expect((await runFake(['logout', 'known.com'], { library })).stdout).toBe('Removed the login for known.com from docker-credential-pass\n');
    expect(await runFake(['logout', 'other.com'], { library })).toMatchObject({ code: 0, stdout: 'Not logged in to other.com\n' });
  });
});
