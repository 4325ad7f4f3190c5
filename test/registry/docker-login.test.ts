import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/foundation/index.ts';
import { createHttpClient } from '../../src/http/index.ts';
import { checkLogin, createDockerKeychain, eraseLogin, storeLogin } from '../../src/registry/index.ts';
import { startFakeRegistry } from '../support/fake-registry.ts';

const LOGIN = { username: 'me', password: 'open sesame' };
let folder: string;
let file: string;
const asked: string[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'login-'));
  file = join(folder, 'docker/config.json');
  asked.length = 0;
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const answer = { exitCode: 0, stdout: '', stderr: '' };
const options = () => ({
  file,
  runHelper: async (name: string, input: string, action = 'get') => {
    asked.push(`${name} ${action} ${input}`);
    return answer;
  },
});
const config = () => JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;

describe('storeLogin()', () => {
  it('writes what the keychain finds, for the owner alone', async () => {
    expect(await storeLogin('example.com:5000', LOGIN, options())).toEqual({ place: file, plainText: true });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const keychain = createDockerKeychain({ files: [file], runHelper: options().runHelper });
    expect(await keychain.find('example.com:5000', 'app')).toMatchObject({ kind: 'basic', ...LOGIN });
    expect(await eraseLogin('example.com:5000', options())).toEqual({ place: file, plainText: true });
    expect(await eraseLogin('example.com:5000', options())).toBeUndefined();
    expect(config()).toEqual({ auths: {} });
  });

  it('keeps everything else in the file, and a link', async () => {
    const real = join(folder, 'elsewhere.json');
    writeFileSync(real, JSON.stringify({ HttpHeaders: { a: 'b' }, auths: { 'other.com': { auth: 'eDp5' } } }));
    file = join(folder, 'link.json');
    symlinkSync(real, file);
    await storeLogin('example.com', LOGIN, options());
    expect(JSON.parse(readFileSync(real, 'utf8'))).toMatchObject({ HttpHeaders: { a: 'b' }, auths: { 'other.com': { auth: 'eDp5' }, 'example.com': {} } });
  });

  it("files Docker Hub under Docker's own address, once", async () => {
    await storeLogin('docker.io', LOGIN, options());
    await storeLogin('index.docker.io', LOGIN, options());
    expect(Object.keys(config().auths as object)).toEqual(['https://index.docker.io/v1/']);
    expect(await eraseLogin('docker.io', options())).toBeDefined();
  });

  it('leaves the password to a credential helper', async () => {
    file = join(folder, 'config.json');
    writeFileSync(file, JSON.stringify({ credsStore: 'pass', credHelpers: { 'special.com': 'other' } }));
    expect(await storeLogin('example.com', LOGIN, options())).toEqual({ place: 'docker-credential-pass', plainText: false });
    await storeLogin('special.com', LOGIN, options());
    await eraseLogin('special.com', options());
    expect(asked).toEqual([
      'pass store {"ServerURL":"example.com","Username":"me","Secret":"open sesame"}',
      'other store {"ServerURL":"special.com","Username":"me","Secret":"open sesame"}',
      'other erase special.com',
    ]);
    expect(readFileSync(file, 'utf8')).not.toContain(Buffer.from('me:open sesame').toString('base64'));
    expect(config().auths).toEqual({ 'example.com': {} });
  });

  it('says what is wrong with a helper or a file, and writes nothing then', async () => {
    file = join(folder, 'config.json');
    writeFileSync(file, '{"credsStore":"gone"}');
    const failing = { file, runHelper: async () => ({ exitCode: 1, stdout: 'no keyring here\n', stderr: '' }) };
    await expect(storeLogin('example.com', LOGIN, failing)).rejects.toMatchObject({
      code: 'CREDENTIAL_HELPER_FAILED',
      message: expect.stringContaining('no keyring') as string,
    });
    expect(readFileSync(file, 'utf8')).toBe('{"credsStore":"gone"}');
    writeFileSync(file, 'not json');
    await expect(storeLogin('example.com', LOGIN, options())).rejects.toMatchObject({ code: 'REGISTRY_AUTH_INVALID' });
    writeFileSync(join(folder, 'plain'), '');
    file = join(folder, 'plain/config.json');
    await expect(storeLogin('example.com', LOGIN, options())).rejects.toMatchObject({ code: 'REGISTRY_AUTH_INVALID' });
    expect(existsSync(file)).toBe(false);
  });
});

describe('checkLogin()', () => {
  const check = (host: string, login: typeof LOGIN) =>
    checkLogin(host, login, { http: createHttpClient({ userAgent: 'test', clock: systemClock }), clock: systemClock, insecureRegistries: [] });

  it.each(['basic', 'bearer'] as const)('asks a registry with %s access', async (auth) => {
    await using registry = await startFakeRegistry();
    registry.switches.auth = auth;
    const { username, password } = registry.switches;
    await check(registry.host, { username, password });
    await expect(check(registry.host, { username, password: 'wrong' })).rejects.toMatchObject({
      code: 'REGISTRY_UNAUTHORIZED',
      message: `Cannot log in to ${registry.host}: it refuses user "${username}" with this password`,
    });
  });

  it('says when there is no registry', async () => {
    await expect(check('127.0.0.1:1', LOGIN)).rejects.toMatchObject({ code: 'REGISTRY_UNREACHABLE' });
  });
});
