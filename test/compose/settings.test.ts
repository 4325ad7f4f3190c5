import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { composePlatform } from '../../src/compose.ts';
import { runFake } from '../support/fake-library.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'settings-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** `tspack config ...` with the real settings. */
function config(argv: readonly string[], environment: Record<string, string> = {}) {
  const library = composePlatform({ environment: { XDG_CONFIG_HOME: folder, ...environment }, workingDirectory: folder });
  return runFake(['config', ...argv], { library });
}

describe('tspack config of mirrors', () => {
  it('adds, lists and removes as pack does, in a file that pack could read', async () => {
    await config(['registry-mirrors', 'add', 'index.docker.io', '-m', 'one.example.com']);
    const { stdout } = await config(['registry-mirrors', 'add', 'index.docker.io', '--mirror', 'two.example.com/hub,one.example.com']);
    expect(stdout).toBe('index.docker.io=two.example.com/hub\nindex.docker.io=one.example.com\n');
    await config(['registry-mirrors', 'add', '*', '-m', 'all.example.com']);
    await config(['run-image-mirrors', 'add', 'team/run:1', '-m', 'example.com/run:1']);
    expect((await config(['registry-mirrors', 'list', '*'])).stdout).toBe('*=all.example.com\n');
    expect((await config(['run-image-mirrors'])).stdout).toBe('team/run:1=example.com/run:1\n');
    expect(readFileSync(join(folder, 'tspack/config.toml'), 'utf8')).toContain('"index.docker.io" = [ "two.example.com/hub", "one.example.com" ]');
    await config(['registry-mirrors', 'remove', 'index.docker.io', '-m', 'one.example.com']);
    await config(['registry-mirrors', 'remove', '*']);
    expect((await config(['registry-mirrors'])).stdout).toBe('index.docker.io=two.example.com/hub\n');
    await config(['run-image-mirrors', 'remove', 'team/run:1']);
    expect((await config(['run-image-mirrors'])).stdout).toBe('');
  });

  it('reads one mirror without brackets, and lets the variable win', async () => {
    await config(['registry-mirrors', 'add', '*', '-m', 'x.example.com']);
    writeFileSync(join(folder, 'tspack/config.toml'), '[registry-mirrors]\n"ghcr.io" = "10.0.0.1"\n');
    expect((await config(['registry-mirrors'])).stdout).toBe('ghcr.io=10.0.0.1\n');
    const environment = { TSPACK_REGISTRY_MIRRORS: 'a.example.com=b:1, *=c:2' };
    expect((await config(['registry-mirrors'], environment)).stdout).toBe('a.example.com=b:1\n*=c:2\n');
    expect((await config(['registry-mirrors', 'remove', 'ghcr.io'], environment)).stderr).toContain('TSPACK_REGISTRY_MIRRORS wins');
    expect((await config(['list'], environment)).stdout).toMatch(/registry-mirrors +a\.example\.com=b:1, \*=c:2 +TSPACK_REGISTRY_MIRRORS/);
  });

  it('refuses what cannot be a mirror at once', async () => {
    expect(await config(['registry-mirrors', 'add', '*', '-m', 'https://x.example.com'])).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('no address'),
    });
    expect((await config(['run-image-mirrors', 'add', 'Team', '-m', 'x'])).code).toBe(3);
    expect((await config(['registry-mirrors', 'add', '*'])).code).toBe(3);
    expect((await config(['registry-mirrors', 'add', 'a=b', '-m', 'x'])).code).toBe(3);
    expect(await config(['list'], { TSPACK_REGISTRY_MIRRORS: 'mirror' })).toMatchObject({ code: 3, stderr: expect.stringContaining('want key=value') });
  });
});
