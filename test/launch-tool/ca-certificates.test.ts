import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { parseToml } from '../../src/foundation/index.ts';
import { encodeJavaTrustStore } from '../../src/sdk/index.ts';
import { LAUNCH_TOOL } from '../support/launch-tool.ts';
import { TEST_CERTIFICATES } from '../support/test-certificates.ts';

const scratch = mkdtempSync(join(tmpdir(), 'ca-certificates-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const [system, first, second] = TEST_CERTIFICATES.map(({ pem }) => pem) as [string, string, string];
let root = '';
let runs = 0;

beforeEach(() => {
  root = join(scratch, String(runs++));
  write('system.crt', system);
  mkdirSync(join(root, 'temporary'));
});

function write(path: string, content: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content);
}

function run(env: Readonly<Record<string, string>> = {}) {
  const result = spawnSync(LAUNCH_TOOL, [], {
    argv0: '/layers/x/exec.d/ca-certificates',
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    env: { TMPDIR: join(root, 'temporary'), SERVICE_BINDING_ROOT: join(root, 'bindings'), SSL_CERT_FILE: join(root, 'system.crt'), ...env },
  });
  const { status, stdout, stderr } = result;
  return { status, stdout, stderr, variables: parseToml(result.output[3] ?? '', 'output') as Record<string, string> };
}

describe('ca-certificates', () => {
  it('does nothing without a binding', () => {
    expect(run()).toEqual({ status: 0, stdout: '', stderr: '', variables: {} });
    write('bindings/db/type', 'postgresql');
    write('bindings/db/url', 'x');
    expect(run()).toEqual({ status: 0, stdout: '', stderr: '', variables: {} });
    expect(readdirSync(join(root, 'temporary'))).toEqual([]);
  });

  it('adds the certificates of bindings to those of the image', () => {
    write('bindings/b/type', ' CA-Certificates\n');
    write('bindings/b/provider', 'somebody');
    // As Kubernetes mounts it.
    write('bindings/b/..data/root.pem', second);
    symlinkSync('..data/root.pem', join(root, 'bindings/b/root.pem'));
    write('bindings/a/type', 'ca-certificates');
    write('bindings/a/one.crt', first);
    const { status, variables } = run();
    expect(status).toBe(0);
    const file = variables['SSL_CERT_FILE']!;
    expect(Object.keys(variables).sort()).toEqual(['CURL_CA_BUNDLE', 'GIT_SSL_CAINFO', 'NODE_EXTRA_CA_CERTS', 'REQUESTS_CA_BUNDLE', 'SSL_CERT_FILE']);
    expect(new Set(Object.values(variables))).toEqual(new Set([file]));
    expect(file.startsWith(join(root, 'temporary/ca-certificates-'))).toBe(true);
    expect(readFileSync(file, 'utf8')).toBe(`${system}\n${first}\n${second}\n`);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('keeps what the user has given to Node.js', () => {
    write('bindings/a/type', 'ca-certificates');
    write('bindings/a/one.crt', first);
    write('mine.crt', second);
    const { variables } = run({ NODE_EXTRA_CA_CERTS: join(root, 'mine.crt') });
    expect(readFileSync(variables['NODE_EXTRA_CA_CERTS']!, 'utf8')).toBe(`${system}\n${second}\n${first}\n`);
  });

  it('makes a store for Java that holds the same', () => {
    write('bindings/a/type', 'ca-certificates');
    write('bindings/a/one.crt', `${first}\n\n${second}`);
    const { variables } = run({ JAVA_HOME: '/jre', JAVA_TOOL_OPTIONS: '-Dname="a\\b"' });
    const options = /^-Dname="a\\b" -Djavax\.net\.ssl\.trustStore=(\S+) -Djavax\.net\.ssl\.trustStoreType=jks$/.exec(variables['JAVA_TOOL_OPTIONS'] ?? '');
    expect(readFileSync(options![1]!)).toEqual(Buffer.from(encodeJavaTrustStore(system + first + second)));
  });

  it('leaves a trust store of the user alone', () => {
    write('bindings/a/type', 'ca-certificates');
    write('bindings/a/one.crt', first);
    expect(run({ JAVA_HOME: '/jre', JAVA_TOOL_OPTIONS: '-Djavax.net.ssl.trustStore=/mine' }).variables).not.toHaveProperty('JAVA_TOOL_OPTIONS');
  });

  it('trusts what the build has put into the image', () => {
    write('layer/root.pem', first);
    const { variables } = run({ TSPACK_CA_CERTIFICATES: join(root, 'layer') });
    expect(readFileSync(variables['SSL_CERT_FILE']!, 'utf8')).toBe(`${system}\n${first}\n`);
  });

  it('names a file that is no certificate', () => {
    write('bindings/a/type', 'ca-certificates');
    write('bindings/a/key', 'secret');
    const { status, stderr } = run();
    expect(status).toBe(82);
    expect(stderr).toBe(`ERROR: failed to launch: read certificates of a binding: ${join(root, 'bindings/a/key')} holds no PEM certificate\n`);
  });
});
