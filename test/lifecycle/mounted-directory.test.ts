import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listMounted, readMountedEnv, readMountedText } from '../../src/lifecycle/mounted-directory.ts';
import type { MountedDirectory } from '../../src/lifecycle/mounted-directory.ts';
import { PhaseFixture } from '../support/phase-fixture.ts';

let fixture: PhaseFixture;
let platform: MountedDirectory;
beforeEach(() => {
  fixture = new PhaseFixture();
  platform = fixture.mounted('platform', '/platform');
  fixture.write('secret', 'host');
  fixture.write('platform/env/A', 'a');
});
afterEach(() => fixture.remove());

const link = (target: string, path: string): void => symlinkSync(target, join(fixture.root, 'platform', path));

describe('readMountedText()', () => {
  it('reads a file and knows when there is none', () => {
    expect(readMountedText(platform, 'env/A')).toBe('a');
    expect(readMountedText(platform, 'env/./A')).toBe('a');
    expect(readMountedText(platform, 'env/B')).toBeUndefined();
    expect(readMountedText(platform, 'env/A/B')).toBeUndefined();
    expect(readMountedText(platform, 'env')).toBeUndefined();
  });

  it.each([
    ['a relative link', 'env/A', 'a'],
    ['a link that goes up and down inside', 'env/../env/A', 'a'],
    ['an absolute link, as processes see it', '/platform/env/A', 'a'],
    ['a link out by ..', '../secret', undefined],
    ['a link to itself', 'link', undefined],
    ['a link to a folder beside with the same beginning', '/platform2/env/A', undefined],
  ])('follows %s only inside', (_title, target, expected) => {
    link(target, 'link');
    expect(readMountedText(platform, 'link')).toBe(expected);
  });

  it('does not follow an absolute link to a file of the host', () => {
    link(join(fixture.root, 'secret'), 'link');
    link(fixture.root, 'folder');
    expect(readMountedText(platform, 'link')).toBeUndefined();
    expect(readMountedText(platform, 'folder/secret')).toBeUndefined();
    expect(readMountedText(platform, '../secret')).toBeUndefined();
  });

  it('does not wait for a named pipe', () => {
    execFileSync('mkfifo', [join(fixture.root, 'platform/pipe')]);
    expect(readMountedText(platform, 'pipe')).toBeUndefined();
  });

  it('refuses what is too large to be what it should be', () => {
    const path = join(fixture.root, 'platform/large');
    writeFileSync(path, '');
    truncateSync(path, 10_000_001);
    expect(() => readMountedText(platform, 'large')).toThrow(expect.objectContaining({ code: 'FILE_TOO_LARGE' }));
  });
});

describe('readMountedEnv()', () => {
  it('reads regular files and links to them, and skips folders', () => {
    mkdirSync(join(fixture.root, 'platform/env/folder'));
    link('A', 'env/B');
    expect([...readMountedEnv(platform, 'env')].map(([name, bytes]) => [name, Buffer.from(bytes).toString()])).toEqual([
      ['A', 'a'],
      ['B', 'a'],
    ]);
    expect(readMountedEnv(platform, 'none').size).toBe(0);
  });
});

describe('listMounted()', () => {
  it('sorts names by bytes', () => {
    for (const name of ['b', 'a-b', 'a.b', 'B']) fixture.write(`platform/names/${name}`, '');
    expect(listMounted(platform, 'names')).toEqual(['B', 'a-b', 'a.b', 'b']);
  });
});
