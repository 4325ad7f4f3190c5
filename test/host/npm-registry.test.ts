import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { npmRegistry } from '../../src/host/index.ts';

let directory: string;
let env: Record<string, string>;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tspack-npm-'));
  mkdirSync(join(directory, 'bin'));
  env = { PATH: `${join(directory, 'bin')}:/usr/bin:/bin`, HOME: directory };
});
afterEach(() => rmSync(directory, { recursive: true }));

/** An npm that counts how often it is asked, and reads its registry from its settings file. */
function fakeNpm(script = `echo "registry=$(cat '${directory}/.npmrc')"; echo "userconfig=${directory}/.npmrc"; echo "globalconfig=/no/such/npmrc"`): void {
  writeFileSync(join(directory, 'bin/npm'), `#!/bin/sh\necho "$PWD $*" >> '${directory}/asked'\n${script}\n`);
  chmodSync(join(directory, 'bin/npm'), 0o755);
}
const setRegistry = (url: string): void => writeFileSync(join(directory, '.npmrc'), url);
const asked = (): number => readFileSync(join(directory, 'asked'), 'utf8').trim().split('\n').length;
const ask = () => npmRegistry({ env, cacheDirectory: join(directory, 'cache') });

describe('npmRegistry()', () => {
  it('asks npm, outside of any project, once', async () => {
    fakeNpm();
    setRegistry('https://npm.example/path');
    expect(await ask()).toBe('https://npm.example/path/');
    expect(await ask()).toBe('https://npm.example/path/');
    expect(readFileSync(join(directory, 'asked'), 'utf8')).toBe('/ config get registry userconfig globalconfig\n');
  });

  it('asks again when a settings file or a variable changes', async () => {
    fakeNpm();
    setRegistry('https://one.example/');
    await ask();
    const { mtime } = statSync(join(directory, '.npmrc'));
    setRegistry('https://two.example/');
    utimesSync(join(directory, '.npmrc'), mtime, mtime);
    expect(await ask()).toBe('https://two.example/');
    env['npm_config_registry'] = 'x';
    await ask();
    expect(asked()).toBe(3);
    env['UNRELATED'] = 'x';
    await ask();
    expect(asked()).toBe(3);
  });

  it('keeps the answer to itself', async () => {
    fakeNpm();
    setRegistry('https://user:password@npm.example/');
    await ask();
    expect(statSync(join(directory, 'cache/npm-registry.json')).mode & 0o777).toBe(0o600);
  });

  it('says what is wrong', async () => {
    fakeNpm('echo "broken settings" >&2; exit 1');
    await expect(ask()).rejects.toMatchObject({ code: 'NPM_REGISTRY_UNKNOWN', message: 'Cannot ask npm for its registry: broken settings' });
    fakeNpm('echo "registry=undefined"');
    await expect(ask()).rejects.toMatchObject({ code: 'NPM_REGISTRY_UNKNOWN' });
    env['PATH'] = join(directory, 'empty');
    await expect(ask()).rejects.toMatchObject({ code: 'NPM_REGISTRY_UNKNOWN', message: expect.stringContaining('npm is not installed') });
  });
});
