import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { combineKeychains, createDockerKeychain, createEnvironmentKeychain, createHelperRunner, credentialFiles } from '../../src/registry/index.ts';
import type { CredentialHelperEvent, RunHelper } from '../../src/registry/index.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tspack-keychain-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const auth = (user: string, password: string) => Buffer.from(`${user}:${password}`).toString('base64');

function open(configs: readonly unknown[], runHelper: RunHelper = () => Promise.reject(new Error('no helper here'))) {
  const events: CredentialHelperEvent[] = [];
  const files = configs.map((config, index) => {
    const path = join(directory, `${index}.json`);
    writeFileSync(path, typeof config === 'string' ? config : JSON.stringify(config));
    return path;
  });
  return { ...createDockerKeychain({ files: [join(directory, 'missing.json'), ...files], runHelper, events: (event) => events.push(event) }), events, files };
}

describe('credentialFiles()', () => {
  it("lists Docker's file, then Podman's", () => {
    expect(credentialFiles({}, '/home/me')).toEqual(['/home/me/.docker/config.json', '/home/me/.config/containers/auth.json']);
    expect(credentialFiles({ DOCKER_CONFIG: '/d', REGISTRY_AUTH_FILE: '/r', XDG_RUNTIME_DIR: '/run/me', XDG_CONFIG_HOME: '/c' }, undefined)).toEqual([
      '/d/config.json',
      '/d/.dockerconfigjson',
      '/r',
      '/run/me/containers/auth.json',
      '/c/containers/auth.json',
    ]);
    expect(credentialFiles({}, undefined)).toEqual([]);
  });
});

describe('createDockerKeychain()', () => {
  it('reads user and password in both forms, and says where from', async () => {
    const keychain = open([{ auths: { 'a.example': { auth: auth('me', 'pass:word') }, 'https://b.example/v1/': { username: 'you', password: 'secret' } } }]);
    expect(await keychain.find('a.example', 'x')).toEqual({ kind: 'basic', username: 'me', password: 'pass:word', source: keychain.files[0] });
    expect(await keychain.find('b.example', 'x')).toMatchObject({ username: 'you', password: 'secret' });
    expect(await keychain.find('c.example', 'x')).toBeUndefined();
    expect(await keychain.find('a.example:5000', 'x')).toBeUndefined();
  });

  it.each(['https://index.docker.io/v1/', 'index.docker.io', 'docker.io', 'registry-1.docker.io'])('knows Docker Hub as %s', async (key) => {
    const keychain = open([{ auths: { [key]: { auth: auth('me', 'secret') } } }]);
    for (const name of ['index.docker.io', 'docker.io', 'registry-1.docker.io'])
      expect(await keychain.find(name, 'library/node')).toMatchObject({ username: 'me' });
  });

  it('reads identity tokens and registry tokens', async () => {
    const keychain = open([{ auths: { 'a.example': { auth: auth('00000', ''), identitytoken: 'refresh' }, 'b.example': { registrytoken: 'bearer' } } }]);
    expect(await keychain.find('a.example', 'x')).toMatchObject({ kind: 'identity-token', token: 'refresh' });
    expect(await keychain.find('b.example', 'x')).toMatchObject({ kind: 'bearer', token: 'bearer' });
  });

  it("prefers the entry for a namespace, as Podman's file has them", async () => {
    const keychain = open([
      {
        auths: {
          'a.example': { auth: auth('all', 'secret') },
          'a.example/team': { auth: auth('team', 'secret') },
          'a.example/team/app': { auth: auth('app', 'secret') },
        },
      },
    ]);
    expect(await keychain.find('a.example', 'team/app')).toMatchObject({ username: 'app' });
    expect(await keychain.find('a.example', 'team/other')).toMatchObject({ username: 'team' });
    expect(await keychain.find('a.example', 'teamwork/app')).toMatchObject({ username: 'all' });
  });

  it('takes the first file that knows the registry', async () => {
    const keychain = open([
      { auths: { 'a.example': {} } },
      { auths: { 'a.example': { auth: auth('second', 'secret') } } },
      { auths: { 'a.example': { auth: auth('third', 'secret') } } },
    ]);
    expect(await keychain.find('a.example', 'x')).toMatchObject({ username: 'second' });
  });

  it('asks the helper of the registry, else the default one, once', async () => {
    const asked: string[] = [];
    const run: RunHelper = async (name, server) => {
      asked.push(`${name} ${server}`);
      return { exitCode: 0, stdout: JSON.stringify({ ServerURL: server, Username: name === 'store' ? 'me' : '<token>', Secret: 'hidden' }), stderr: '' };
    };
    const keychain = open([{ credsStore: 'store', credHelpers: { 'a.example': 'special' } }], run);
    expect(await keychain.find('a.example', 'x')).toMatchObject({ kind: 'identity-token', token: 'hidden', source: 'docker-credential-special' });
    expect(await keychain.find('docker.io', 'x')).toMatchObject({ kind: 'basic', username: 'me', password: 'hidden' });
    await keychain.find('docker.io', 'y');
    expect(asked).toEqual(['special a.example', 'store https://index.docker.io/v1/']);
  });

  it('falls back to the file, and reports a helper that does not work', async () => {
    const run: RunHelper = async (name) =>
      name === 'none' ? { exitCode: 1, stdout: 'credentials not found in native keychain', stderr: '' } : { exitCode: 1, stdout: '', stderr: 'dbus is gone' };
    const config = { auths: { 'a.example': { auth: auth('file', 'secret') } } };
    const absent = open([{ ...config, credsStore: 'none' }], run);
    expect(await absent.find('a.example', 'x')).toMatchObject({ username: 'file' });
    expect(absent.events).toEqual([]);
    const broken = open([{ ...config, credsStore: 'broken' }], run);
    expect(await broken.find('a.example', 'x')).toMatchObject({ username: 'file' });
    expect(broken.events).toEqual([{ kind: 'credential-helper-failed', helper: 'docker-credential-broken', registry: 'a.example', reason: 'dbus is gone' }]);
    const hostile = open([{ credsStore: '../../bin/sh' }], run);
    expect(await hostile.find('a.example', 'x')).toBeUndefined();
    expect(hostile.events[0]!.reason).toContain('not a program name');
  });

  it('runs real helper programs from the PATH', async () => {
    const program = join(directory, 'docker-credential-test');
    writeFileSync(program, '#!/bin/sh\nread server\n[ "$1" = get ] && printf \'{"Username":"me","Secret":"for-%s"}\' "$server"\n', { mode: 0o755 });
    const runner = createHelperRunner({ PATH: `${directory}:/usr/bin:/bin` });
    const keychain = open([{ credHelpers: { 'a.example': 'test', 'b.example': 'absent' } }], runner);
    expect(await keychain.find('a.example', 'x')).toMatchObject({ username: 'me', password: 'for-a.example' });
    expect(await keychain.find('b.example', 'x')).toBeUndefined();
    expect(keychain.events).toMatchObject([{ helper: 'docker-credential-absent', reason: 'it is not installed' }]);
  });

  it('names a file that is broken and never quotes it', async () => {
    const keychain = open(['{"auths": {"a.example": {"auth": "c2VjcmV0OnNlY3JldA=="']);
    const error = await keychain.find('a.example', 'x').catch((reason: unknown) => reason as Error);
    expect(error).toMatchObject({ code: 'REGISTRY_AUTH_INVALID' });
    expect((error as Error).message).toContain(keychain.files[0]);
    expect((error as Error).message).not.toContain('c2Vjcm');
  });
});

describe('createEnvironmentKeychain()', () => {
  it('reads Basic and Bearer headers', async () => {
    const keychain = createEnvironmentKeychain(JSON.stringify({ 'a.example': `Basic ${auth('me', 'secret')}`, 'docker.io': 'Bearer abc' }));
    expect(await keychain.find('a.example', 'x')).toMatchObject({ kind: 'basic', username: 'me', password: 'secret', source: 'CNB_REGISTRY_AUTH' });
    expect(await keychain.find('index.docker.io', 'x')).toMatchObject({ kind: 'bearer', token: 'abc' });
    expect(await keychain.find('b.example', 'x')).toBeUndefined();
  });

  it.each(['{', '[]', '{"a":"Digest x"}', '{"a":1}'])('refuses %s', (text) => {
    expect(() => createEnvironmentKeychain(text)).toThrow('Cannot read CNB_REGISTRY_AUTH');
  });
});

describe('combineKeychains()', () => {
  it('asks in turn', async () => {
    const both = combineKeychains([
      createEnvironmentKeychain('{"a.example":"Bearer one"}'),
      createEnvironmentKeychain('{"a.example":"Bearer two","b.example":"Bearer two"}'),
    ]);
    expect(await both.find('a.example', 'x')).toMatchObject({ token: 'one' });
    expect(await both.find('b.example', 'x')).toMatchObject({ token: 'two' });
    expect(await both.find('c.example', 'x')).toBeUndefined();
  });
});
