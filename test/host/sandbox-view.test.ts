import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { redact } from '../../src/foundation/index.ts';
import { readHostSettings, sandboxView } from '../../src/host/index.ts';
import type { HostSettings } from '../../src/host/index.ts';

let root: string;
beforeEach(() => (root = mkdtempSync(join(tmpdir(), 'tspack-host-'))));
afterEach(() => rmSync(root, { recursive: true }));

const settings = (changes: Partial<HostSettings> = {}): HostSettings => ({
  certificates: { hasOwnCa: false, sources: ['/etc/ssl/certs/ca-certificates.crt'] },
  resolvConf: '/run/resolv.conf',
  hosts: '/etc/hosts',
  proxy: {},
  ...changes,
});

describe('sandboxView()', () => {
  it('leaves the certificates of the image alone when the host has none of its own', () => {
    expect(sandboxView(settings(), root)).toEqual({
      files: [
        { source: '/run/resolv.conf', target: '/etc/resolv.conf' },
        { source: '/etc/hosts', target: '/etc/hosts' },
      ],
      env: {},
    });
  });

  it('gives the own ones to every kind of program, and replaces the lists that the image has', () => {
    mkdirSync(join(root, 'etc/ssl/certs'), { recursive: true });
    writeFileSync(join(root, 'etc/ssl/certs/ca-certificates.crt'), '');
    const { files, env } = sandboxView(settings({ certificates: { hasOwnCa: true, own: '/c/own.pem', bundle: '/c/all.pem', sources: [] } }), root);
    expect(files.slice(2)).toEqual([
      { source: '/c/own.pem', target: '/run/tspack/host-ca.pem' },
      { source: '/c/all.pem', target: '/run/tspack/ca-bundle.pem' },
      { source: '/c/all.pem', target: '/etc/ssl/certs/ca-certificates.crt' },
    ]);
    expect(env['NODE_EXTRA_CA_CERTS']).toBe('/run/tspack/host-ca.pem');
    expect(env['SSL_CERT_FILE']).toBe('/run/tspack/ca-bundle.pem');
  });
});

describe('readHostSettings()', () => {
  it('takes over the proxies that are set, and hides their passwords', async () => {
    const proxy = { https_proxy: 'http://user:hunter2hunter2@proxy.example:3128', NO_PROXY: 'localhost' };
    const found = await readHostSettings({ env: { ...proxy, HTTP_PROXY: '', OTHER: 'x' }, cacheDirectory: join(root, 'cache') });
    expect(found.proxy).toEqual(proxy);
    expect(redact('the password is hunter2hunter2')).toBe('the password is ***');
  });
});
