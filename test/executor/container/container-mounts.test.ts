import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { containerMounts, isMissing, makeMountPoints } from '../../../src/executor/container/container-mounts.ts';
import { hostPath, sandboxPath } from '../../support/sandbox-root.ts';
import type { Mount } from '../../../src/executor/index.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tspack-mounts-'));
  for (const name of ['root/etc', 'work/platform/bindings', 'elsewhere']) mkdirSync(join(directory, name), { recursive: true });
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const at = (...parts: readonly string[]) => hostPath(join(directory, ...parts));
const bind = (source: string, target: string, writable = false): Mount => ({ kind: 'bind', source: hostPath(source), target: sandboxPath(target), writable });

describe('containerMounts()', () => {
  it('gives a /tmp that programs can run from', () => {
    expect(containerMounts([]).tmpfs['/tmp']).toMatch(/(?<!no)exec/u);
  });

  it('lets a later mount at the same place win', () => {
    expect(containerMounts([bind('/a', '/etc/hosts'), bind('/b', '/etc//hosts')]).binds).toEqual([{ source: '/b', target: '/etc/hosts', writable: false }]);
    expect(containerMounts([bind('/a', '/tmp', true)])).toEqual({ binds: [{ source: '/a', target: '/tmp', writable: true }], tmpfs: {} });
  });

  it('refuses overlays and another root', () => {
    const overlay: Mount = { kind: 'overlay', lower: at('a'), upper: at('b'), work: at('c'), target: sandboxPath('/layers') };
    expect(() => containerMounts([overlay])).toThrow(expect.objectContaining({ code: 'SANDBOX_FAILED', message: expect.stringContaining('/layers') }));
    expect(() => containerMounts([bind('/a', '/')])).toThrow(expect.objectContaining({ code: 'SANDBOX_FAILED' }));
  });
});

describe('makeMountPoints()', () => {
  it('makes what is missing in our folders: a folder for a folder, a file for a file', () => {
    writeFileSync(at('elsewhere', 'file'), 'x');
    const mounts = [
      bind(at('work/platform'), '/platform'),
      bind(at('elsewhere'), '/platform/bindings/npmrc'),
      bind(at('elsewhere/file'), '/platform/deep/own.pem'),
      bind(at('elsewhere/file'), '/etc/own.pem'),
    ];
    makeMountPoints(at('root'), mounts, at('work'));
    expect(statSync(at('work/platform/bindings/npmrc')).isDirectory()).toBe(true);
    expect(statSync(at('work/platform/deep/own.pem')).isFile()).toBe(true);
    // The root is never written to.
    expect(readdirSync(at('root/etc'))).toEqual([]);
  });

  it('leaves folders of the user alone', () => {
    makeMountPoints(at('root'), [bind(at('elsewhere'), '/data', true), bind(at('work'), '/data/more')], at('work'));
    expect(readdirSync(at('elsewhere'))).toEqual([]);
  });

  it('follows no link out of our folders', () => {
    symlinkSync(at('elsewhere'), at('work/platform/bindings/evil'));
    makeMountPoints(at('root'), [bind(at('work/platform'), '/platform'), bind(at('root'), '/platform/bindings/evil/inner')], at('work'));
    expect(existsSync(at('elsewhere/inner'))).toBe(false);
  });
});

describe('isMissing()', () => {
  it('looks where the path lies: in a mount, else in the root', () => {
    const mounts = [bind(at('elsewhere'), '/data')];
    symlinkSync('etc', at('root/link'));
    const missing = (path: string) => isMissing(path, at('root'), mounts);
    expect(['/etc', '/data', '/tmp/anything', '/link/unknown'].map(missing)).toEqual([false, false, false, false]);
    expect(['/nowhere', '/data/none', '/etc/none'].map(missing)).toEqual([true, true, true]);
  });
});
