import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createHttpClient } from '../../src/http/index.ts';
import { ANONYMOUS, certificateFolders, createCertificates, createRegistryStore } from '../../src/registry/index.ts';
import type { FindCertificates } from '../../src/registry/index.ts';
import { createLayerCompressor, openBlobDirectory, parseImageReference } from '../../src/oci/index.ts';
import { startFakeRegistry } from '../support/fake-registry.ts';
import { testAuthority, testClient } from '../support/test-server.ts';

const TLS = join(import.meta.dirname, '../fixtures/tls');
const clock = { now: () => new Date(0) };

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tspack-certs-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** A folder of a registry with these files of the fixtures. */
function put(folder: string, registry: string, files: Readonly<Record<string, string>>): void {
  mkdirSync(join(directory, folder, registry), { recursive: true });
  for (const [name, fixture] of Object.entries(files)) cpSync(join(TLS, fixture), join(directory, folder, registry, name));
}

const find = (registry: string) => createCertificates(['user', 'machine'].map((folder) => join(directory, folder)))(registry);

describe('createCertificates()', () => {
  it("reads Docker's layout", () => {
    put('machine', 'registry.example.com:5000', { 'ca.crt': 'ca.pem', 'client.cert': 'client.pem', 'client.key': 'client-key.pem' });
    expect(find('registry.example.com:5000')).toEqual({ ca: [testAuthority()], clientCertificates: [testClient()] });
    expect(find('REGISTRY.example.com:5000').ca).toHaveLength(1);
    expect(find('registry.example.com')).toEqual({});
  });

  it('takes the first folder whole, and knows Docker Hub by its usual name', () => {
    put('user', 'docker.io', { 'client.cert': 'client.pem', 'client.key': 'client-key.pem' });
    put('machine', 'docker.io', { 'ca.crt': 'ca.pem' });
    expect(find('index.docker.io')).toEqual({ ca: [], clientCertificates: [testClient()] });
  });

  it.each([
    ['a key alone', { 'a.key': 'client-key.pem' }, /a\.key: the certificate of this key is missing/],
    ['a certificate alone', { 'a.cert': 'client.pem' }, /a\.key: it is missing/],
    ['an authority that is a key', { 'a.crt': 'client-key.pem' }, /a\.crt: it is no certificate in PEM form/],
    ['a key that is a certificate', { 'a.cert': 'client.pem', 'a.key': 'client.pem' }, /a\.key: it is no private key in PEM form/],
  ])('refuses %s', (_title, files, message) => {
    put('user', 'r', files);
    expect(() => find('r')).toThrow(expect.objectContaining({ code: 'REGISTRY_CERTIFICATES_INVALID', message: expect.stringMatching(message) }));
  });

  it('passes over what is no folder', () => {
    writeFileSync(join(directory, 'user'), '');
    expect(find('r')).toEqual({});
  });
});

describe('certificateFolders()', () => {
  it('lists those of the user before those of the machine', () => {
    expect(certificateFolders({}, '/home/me')).toEqual([
      '/home/me/.docker/certs.d',
      '/home/me/.config/docker/certs.d',
      '/home/me/.config/containers/certs.d',
      '/etc/docker/certs.d',
      '/etc/containers/certs.d',
    ]);
    expect(certificateFolders({ DOCKER_CONFIG: '/d', XDG_CONFIG_HOME: '/x' }, '/home/me').slice(0, 2)).toEqual(['/d/certs.d', '/x/docker/certs.d']);
    expect(certificateFolders({}, undefined)).toEqual(['/etc/docker/certs.d', '/etc/containers/certs.d']);
  });
});

describe('a registry that wants to know its clients', () => {
  const open = (certificates: FindCertificates) =>
    createRegistryStore({
      http: createHttpClient({ userAgent: 'test', clock, sleep: async () => {} }),
      keychain: ANONYMOUS,
      certificates,
      clock,
      compressor: createLayerCompressor(openBlobDirectory(directory)),
    });

  it('lets in who has a certificate, and says what is missing to others', async () => {
    await using registry = await startFakeRegistry({}, { tls: true, clientAuthority: testClient().certificate });
    const reference = parseImageReference(`${registry.host}/app`);
    put('user', registry.host, { 'client.cert': 'client.pem', 'client.key': 'client-key.pem' });
    expect(await open(find).resolve(reference)).toBeUndefined();
    await expect(open(() => ({})).resolve(reference)).rejects.toMatchObject({
      code: 'REGISTRY_UNREACHABLE',
      message: expect.stringContaining('as servers do that want a client certificate') as string,
      nextStep: `Put your certificate and its key into /etc/docker/certs.d/${registry.host}, as client.cert and client.key`,
    });
  });
});
