import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { planMounts } from '../../../src/executor/bubblewrap/mount-plan.ts';
import { hostPath, sandboxPath } from '../../support/sandbox-root.ts';
import type { Mount } from '../../../src/executor/index.ts';

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'tspack-mounts-'));
  mkdirSync(join(root, 'cnb/lifecycle'), { recursive: true });
  mkdirSync(join(root, 'etc'));
  mkdirSync(join(root, 'run'));
  writeFileSync(join(root, 'cnb/order.toml'), '');
  symlinkSync('usr/bin', join(root, 'bin'));
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

const bind = (source: string, target: string, writable = false): Mount => ({
  kind: 'bind',
  source: hostPath(source),
  target: sandboxPath(target),
  writable,
});

const plan = (...args: Parameters<typeof planMounts>): readonly string[] => planMounts(...args).arguments;

describe('planMounts()', () => {
  it('binds the root read-only when every mount point is there', () => {
    expect(plan(root, [bind('/a', '/cnb', true)])).toEqual(['--ro-bind', root, '/', '--bind', '/a', '/cnb']);
  });

  it('rebuilds the deepest folder that lacks a mount point, with its entries, and closes it', () => {
    expect(plan(root, [bind('/a', '/cnb/buildpacks/x/1')])).toEqual([
      ...['--ro-bind', root, '/', '--perms', '0755', '--tmpfs', '/cnb'],
      ...['--ro-bind', `${root}/cnb/lifecycle`, '/cnb/lifecycle', '--ro-bind', `${root}/cnb/order.toml`, '/cnb/order.toml'],
      ...['--ro-bind', '/a', '/cnb/buildpacks/x/1', '--remount-ro', '/cnb'],
    ]);
  });

  it('rebuilds a folder once for several mount points', () => {
    const words = plan(root, [bind('/a', '/cnb/buildpacks/x/1'), bind('/b', '/cnb/buildpacks/y/1')]);
    expect(words.filter((word) => word === '--tmpfs')).toHaveLength(1);
  });

  it('rebuilds the root itself, links included', () => {
    const words = plan(root, [bind('/a', '/workspace')]);
    expect(words).not.toContain(root);
    expect(words.join(' ')).toContain('--symlink usr/bin /bin');
    expect(words.slice(-5)).toEqual(['--ro-bind', '/a', '/workspace', '--remount-ro', '/']);
  });

  it('rebuilds a folder inside one that is rebuilt', () => {
    const words = plan(root, [bind('/a', '/workspace'), bind('/b', '/cnb/lifecycle/tool')]).join(' ');
    expect(words).toContain(`--ro-bind ${root}/cnb /cnb`);
    expect(words.indexOf('--tmpfs /cnb/lifecycle')).toBeGreaterThan(words.indexOf(`--ro-bind ${root}/cnb /cnb`));
  });

  it('rebuilds inside a bound read-only folder, after that is mounted', () => {
    const folder = join(root, 'etc');
    mkdirSync(join(folder, 'deep'));
    const words = plan(root, [bind(folder, '/run'), bind('/b', '/run/deep/new')]).join(' ');
    expect(words).toBe(`--ro-bind ${root} / --ro-bind ${folder} /run --perms 0755 --tmpfs /run/deep --ro-bind /b /run/deep/new --remount-ro /run/deep`);
  });

  it('leaves mount points in writable folders, tmpfs and overlays to bubblewrap', () => {
    const overlay: Mount = {
      kind: 'overlay',
      ...{ lower: hostPath('/l'), upper: hostPath('/u'), work: hostPath('/w'), target: sandboxPath('/cnb') },
    };
    const whole: Mount = { ...overlay, lower: hostPath(root), target: sandboxPath('/') };
    expect(plan(root, [whole, bind('/a', '/bin/new')]).slice(-3)).toEqual(['--ro-bind', '/a', '/usr/bin/new']);
    expect(plan(root, [overlay, bind('/a', '/cnb/new'), { kind: 'tmpfs', target: sandboxPath('/run') }, bind('/b', '/run/x/y')])).toEqual([
      ...['--ro-bind', root, '/', '--overlay-src', '/l', '--overlay', '/u', '/w', '/cnb', '--ro-bind', '/a', '/cnb/new'],
      ...['--perms', '1777', '--tmpfs', '/run', '--ro-bind', '/b', '/run/x/y'],
    ]);
  });

  it('follows links of the root inside the root', () => {
    symlinkSync('../run/resolv.conf', join(root, 'etc/resolv.conf'));
    writeFileSync(join(root, 'run/resolv.conf'), '');
    symlinkSync('/../../../../etc', join(root, 'outside'));
    expect(plan(root, [bind('/a', '/etc/resolv.conf')]).at(-1)).toBe('/run/resolv.conf');
    expect(plan(root, [bind('/a', '/outside/resolv.conf')]).at(-1)).toBe('/run/resolv.conf');
  });

  it('refuses links in a circle', () => {
    symlinkSync('loop', join(root, 'loop'));
    expect(() => planMounts(root, [bind('/a', '/loop/x')])).toThrow('too many links');
  });
});
