import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { rootCertificates } from 'node:tls';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeJavaTrustStore, javaTrustOptions } from '../../src/sdk/index.ts';

let directory: string;
beforeAll(() => (directory = mkdtempSync(join(tmpdir(), 'tspack-jks-'))));
afterAll(() => rmSync(directory, { recursive: true }));

const pem = rootCertificates.slice(0, 3).join('\n');
const broken = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';

describe('encodeJavaTrustStore()', () => {
  it('gives equal bytes for equal certificates, and leaves out what is none', () => {
    const store = encodeJavaTrustStore(pem);
    expect(Buffer.from(store).readUInt32BE(0)).toBe(0xfeedfeed);
    expect(Buffer.from(store).readUInt32BE(8)).toBe(3);
    expect(encodeJavaTrustStore(`# comment\n${broken}${pem}`)).toEqual(store);
  });

  it('is a store that keytool lists, its checksum right', (context) => {
    const file = join(directory, 'listed.jks');
    writeFileSync(file, encodeJavaTrustStore(pem));
    try {
      execFileSync('keytool', ['-help'], { stdio: 'pipe' });
    } catch {
      context.skip('no keytool here');
    }
    const listed = execFileSync('keytool', ['-list', '-keystore', file, '-storepass', 'changeit'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
    expect(listed.match(/trustedCertEntry/gu)).toHaveLength(3);
  }, 60_000);
});

describe('javaTrustOptions()', () => {
  it('makes a store of what SSL_CERT_FILE lists, and nothing without it', () => {
    const list = join(directory, 'list.pem');
    writeFileSync(list, pem);
    expect(javaTrustOptions({}, directory)).toBeUndefined();
    const options = javaTrustOptions({ SSL_CERT_FILE: list }, directory);
    expect(options).toBe(`-Djavax.net.ssl.trustStore=${join(directory, 'java-trust-store.jks')} -Djavax.net.ssl.trustStorePassword=changeit`);
    expect(readFileSync(join(directory, 'java-trust-store.jks'))).toEqual(Buffer.from(encodeJavaTrustStore(pem)));
  });
});
