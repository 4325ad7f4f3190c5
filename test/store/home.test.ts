import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { removeTree } from '../../src/foundation/index.ts';
import { openBlobDirectory } from '../../src/oci/index.ts';
import { abandonedWork, createWorkDirectory, homeDirectory, openHome, ownTag } from '../../src/store/index.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'tspack-home-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

describe('openHome()', () => {
  it('makes the folder and says which format it has', () => {
    openHome(join(root, 'a/b'));
    expect(readFileSync(join(root, 'a/b/version'), 'utf8')).toBe('1\n');
  });

  it('leaves the data of a newer tspack alone', () => {
    writeFileSync(join(root, 'version'), '2\n');
    expect(() => openHome(root)).toThrow(expect.objectContaining({ code: 'HOME_NEWER', nextStep: expect.stringContaining('TSPACK_HOME') as unknown }));
    expect(readFileSync(join(root, 'version'), 'utf8')).toBe('2\n');
  });

  it.each([
    ['a file', () => writeFileSync(join(root, 'home'), 'mine')],
    ['below a file', () => writeFileSync(join(root, 'home'), 'mine'), 'home/below'],
  ])('says that %s is no folder to keep data in', (_, prepare, path = 'home') => {
    prepare();
    expect(() => openHome(join(root, path))).toThrow(expect.objectContaining({ code: 'HOME_UNWRITABLE' }));
    expect(readFileSync(join(root, 'home'), 'utf8')).toBe('mine');
  });

  it.skipIf(!existsSync('/proc/self'))('says that no data can be kept below /proc', () => {
    expect(() => openHome('/proc/tspack')).toThrow(expect.objectContaining({ code: 'HOME_UNWRITABLE' }));
  });
});

describe('abandonedWork()', () => {
  /** As another process of this machine would name its work; 0 ticks after boot only the kernel's own had started. */
  const deadTag = () => ownTag().replace(/^\d+\.\d+/, '4194304.1');

  it('finds what dead processes have left, and nothing else', () => {
    const home = openHome(root);
    expect(abandonedWork(home)).toEqual([]);
    const own = createWorkDirectory(home);
    const dead = own.replace(ownTag(), deadTag());
    mkdirSync(dead);
    // Of a container that shares the folder: nobody here can tell whether it runs.
    mkdirSync(own.replace(/\.[0-9a-f]{12}-/, '.0123456789ab-'));
    mkdirSync(join(home.work, 'run-images'));
    const blob = openBlobDirectory(home.store, { writer: deadTag() }).ingestPath();
    writeFileSync(blob, 'half');
    writeFileSync(openBlobDirectory(home.store, { writer: ownTag() }).ingestPath(), 'half');
    expect(abandonedWork(home)).toEqual([dead, blob]);
    for (const path of abandonedWork(home)) removeTree(path);
    expect(abandonedWork(home)).toEqual([]);
    expect(existsSync(own)).toBe(true);
  });
});

describe('homeDirectory()', () => {
  it('does without HOME, and with one that is not there', () => {
    mkdirSync(join(root, 'user'));
    expect(homeDirectory({}, '/tmp', 7)).toBe('/tmp/tspack-7');
    expect(homeDirectory({ HOME: '/' }, '/tmp', 7)).toBe('/tmp/tspack-7');
    expect(homeDirectory({ HOME: join(root, 'gone') }, '/tmp', 7)).toBe('/tmp/tspack-7');
    expect(homeDirectory({ HOME: join(root, 'user') }, '/tmp', 7)).toBe(join(root, 'user/.local/share/tspack'));
  });
});
