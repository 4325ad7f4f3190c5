import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { rootCertificates } from 'node:tls';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readHostCertificates } from '../../src/host/certificates.ts';

let directory: string;
let cacheDirectory: string;
let standard: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'tspack-ca-'));
  standard = join(directory, 'standard.crt');
  writeFileSync(standard, rootCertificates.slice(0, 20).join('\n'));
});
afterAll(() => rmSync(directory, { recursive: true }));
beforeEach(() => (cacheDirectory = mkdtempSync(join(directory, 'cache-'))));

/** A body that is no certificate, which nobody checks here: the files are compared, not believed. */
const pem = (text: string): string => {
  const body = Buffer.from(text.repeat(20))
    .toString('base64')
    .replaceAll(/(.{64})(?=.)/gu, '$1\r\n');
  return `# ${text}\r\n-----BEGIN CERTIFICATE-----\r\n${body}\r\n-----END CERTIFICATE-----\r\n`;
};

function file(name: string, content: string): string {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
}

const read = (bundles: readonly string[], more: { readonly env?: Record<string, string>; readonly shipped?: readonly string[] } = {}) =>
  readHostCertificates({ env: {}, shipped: [], ...more, bundles, cacheDirectory });

describe('readHostCertificates()', () => {
  it('finds nothing of its own in a list that everybody has', async () => {
    expect(await read([standard])).toEqual({ hasOwnCa: false, sources: [standard] });
    expect(await read(['/no/such/file'])).toEqual({ hasOwnCa: false, sources: [] });
  });

  it('finds what the machine adds, however its lines are broken, and keeps everybody else in the list', async () => {
    const bundle = file('own.crt', readFileSync(standard, 'utf8') + pem('company'));
    const found = await read([bundle]);
    expect(found.hasOwnCa).toBe(true);
    expect(readFileSync(found.own ?? '', 'utf8').match(/BEGIN/gu)).toHaveLength(1);
    expect(readFileSync(found.bundle ?? '', 'utf8').match(/BEGIN/gu)).toHaveLength(rootCertificates.length + 1);
  });

  it('does not mistake a distribution that is older or newer than Node for it', async () => {
    const shipped = join(directory, 'shipped');
    mkdirSync(join(shipped, 'mozilla'), { recursive: true });
    writeFileSync(join(shipped, 'mozilla/retired.crt'), pem('retired'));
    const bundle = file('old.crt', pem('retired'));
    expect((await read([bundle], { shipped: [shipped] })).hasOwnCa).toBe(false);
    expect((await read([bundle])).hasOwnCa).toBe(false); // remembered: the file has not changed
  });

  it('counts what the variables name', async () => {
    const [one, two] = [file('one.pem', pem('one')), file('two.pem', pem('two'))];
    const found = await read([standard], { env: { SSL_CERT_FILE: one, NODE_EXTRA_CA_CERTS: two } });
    expect(readFileSync(found.own ?? '', 'utf8').match(/BEGIN/gu)).toHaveLength(2);
    expect(found.sources).toEqual([one, two, standard]);
  });

  it('remembers its answer until a file changes', async () => {
    const bundle = file('changing.crt', pem('first'));
    const first = await read([bundle]);
    expect(await read([bundle])).toEqual(first);
    appendFileSync(bundle, pem('second'));
    expect((await read([bundle])).own).not.toBe(first.own);
  });

  it('finds out again when what it had written is gone or broken', async () => {
    const bundle = file('lost.crt', pem('lost'));
    const { own = '' } = await read([bundle]);
    rmSync(own);
    expect(readFileSync((await read([bundle])).own ?? '', 'utf8')).toContain('BEGIN');
    writeFileSync(join(cacheDirectory, 'host-ca.json'), '{"key": "x", "value": {"hasOwn');
    expect((await read([bundle])).hasOwnCa).toBe(true);
  });

  it('writes files that OpenSSL can read', async (context) => {
    const key = join(directory, 'key.pem');
    const certificate = join(directory, 'real.crt');
    try {
      execFileSync(
        'openssl',
        ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', '/CN=tspack test', '-keyout', key, '-out', certificate],
        { stdio: 'pipe' },
      );
    } catch {
      context.skip('no openssl here');
    }
    const { own = '' } = await read([certificate]);
    expect(execFileSync('openssl', ['x509', '-in', own, '-noout', '-subject']).toString()).toContain('tspack test');
  });
});
