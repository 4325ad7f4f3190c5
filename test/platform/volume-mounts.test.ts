import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HostPath, Mount, SandboxPath } from '../../src/executor/index.ts';
import { volumeMounts } from '../../src/platform/volume-mounts.ts';
import { BuildFixture, writing } from '../support/build-fixture.ts';

let fixture: BuildFixture;
let folder: string;
beforeEach(() => {
  fixture = new BuildFixture();
  folder = join(fixture.root, 'volume');
  mkdirSync(folder);
});
afterEach(() => fixture.remove());

const own: readonly Mount[] = ['/platform', '/workspace', '/home/cnb', '/tmp/cnb', '/etc/resolv.conf', '/cnb/tspack'].map((target) => ({
  kind: 'bind',
  source: '/' as HostPath,
  target: target as SandboxPath,
  writable: false,
}));
const mount = (...targets: readonly string[]) =>
  volumeMounts(
    targets.map((target) => ({ source: folder, target, writable: false })),
    '/workspace',
    own,
  ).map(({ target }) => target);

describe('volumeMounts()', () => {
  it.each(['/platform/bindings/npm', '/platform/bindings', '/platform/other', '/data', '/home/cnb/.m2', '/etc/ssl/own', '/tmp/x', '/cnbx', '/layers-of-mine'])(
    'allows %s',
    (target) => {
      expect(mount(target)).toEqual([target]);
    },
  );

  it.each([
    ['/', 'belongs to the build'],
    ['/layers', '/layers belongs to the build'],
    ['/layers/samples_one', '/layers belongs to the build'],
    ['/workspace', '/workspace belongs to the build'],
    ['/workspace/node_modules', '/workspace belongs to the build'],
    ['/cnb/buildpacks', '/cnb belongs to the build'],
    ['/platform', 'belongs to the build'],
    ['/platform/env', 'belongs to the build'],
    ['/proc/self', '/proc belongs to the build'],
    ['/dev', '/dev belongs to the build'],
    ['/sys', '/sys belongs to the build'],
    ['/tmp', 'it would hide /tmp/cnb'],
    ['/home', 'it would hide /home/cnb'],
    ['/etc', 'it would hide /etc/resolv.conf'],
    ['/data/../layers', '/layers belongs to the build'],
    ['data', 'want an absolute path'],
  ])('refuses %s', (target, why) => {
    expect(() => mount(target)).toThrow(expect.objectContaining({ code: 'VOLUME_TARGET_INVALID', message: expect.stringContaining(why) as string }));
  });

  it('refuses two at one place, and puts parents before children', () => {
    expect(() => mount('/data', '/data/')).toThrow('another volume is there');
    expect(mount('/data/inner', '/data')).toEqual(['/data', '/data/inner']);
  });

  it('refuses a source that is not there', () => {
    const missing = () => volumeMounts([{ source: '/no/such/folder', target: '/data', writable: false }], '/workspace', own);
    expect(missing).toThrow(expect.objectContaining({ code: 'VOLUME_SOURCE_MISSING' }));
  });
});

describe('a binding', () => {
  it('is seen by buildpacks, read-only, and its secret enters no layer, label or cache', async () => {
    writeFileSync(join(folder, 'type'), 'npmrc');
    writeFileSync(join(folder, '.npmrc'), 'token=very-secret-value');
    let read = '';
    fixture.buildpack('samples/one', {
      build: (process) => {
        read = readFileSync(process.hostPath('/platform/bindings/npm/.npmrc'), 'utf8');
        return writing({ 'modules.toml': '[types]\nlaunch = true\ncache = true\n', 'modules/file': 'public' })(process);
      },
    });
    await fixture.build({
      volumes: [{ source: folder, target: '/platform/bindings/npm', writable: false }],
      outputs: [{ kind: 'oci', path: join(fixture.home.directory, 'layout') }],
    });
    expect(read).toBe('token=very-secret-value');
    expect(fixture.executor.opened.at(-1)!.environment.mounts).toContainEqual({
      kind: 'bind',
      source: folder,
      target: '/platform/bindings/npm',
      writable: false,
    });
    expect(fixture.homeHolds('public')).not.toEqual([]);
    expect(fixture.homeHolds('very-secret-value')).toEqual([]);
  });
});
