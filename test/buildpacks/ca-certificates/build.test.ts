import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { packageRoot } from '../../../src/foundation/index.ts';
import { LAUNCH_TOOL } from '../../support/launch-tool.ts';
import { TEST_CERTIFICATES } from '../../support/test-certificates.ts';

// The executables as they are bundled: most of what they do is done before any Node.js starts.
const buildpack = join(packageRoot(), 'dist/buildpacks/ca-certificates');
const scratch = mkdtempSync(join(tmpdir(), 'ca-buildpack-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const [first, second] = TEST_CERTIFICATES.map(({ pem }) => pem) as [string, string];
let root = '';
let runs = 0;

beforeEach(() => {
  root = join(scratch, String(runs++));
  for (const folder of ['app', 'platform/bindings', 'layers']) mkdirSync(join(root, folder), { recursive: true });
  write('plan.toml', '');
});

function write(path: string, content: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content);
}

function run(program: 'detect' | 'build', env: Readonly<Record<string, string>> = {}) {
  return spawnSync(join(buildpack, 'bin', program), [], {
    cwd: join(root, 'app'),
    encoding: 'utf8',
    env: {
      PATH: process.env['PATH'],
      TSPACK_NODE: process.execPath,
      CNB_BUILDPACK_DIR: buildpack,
      CNB_PLATFORM_DIR: join(root, 'platform'),
      CNB_LAYERS_DIR: join(root, 'layers'),
      CNB_BP_PLAN_PATH: join(root, 'plan.toml'),
      CNB_TARGET_ARCH: process.arch === 'x64' ? 'amd64' : process.arch,
      SSL_CERT_FILE: join(root, 'system.crt'),
      SOURCE_DATE_EPOCH: '1798761600',
      ...env,
    },
  });
}

const layer = (path: string) => join(root, 'layers', path);
const read = (path: string) => readFileSync(layer(path), 'utf8');

function bind(content: string): void {
  write('system.crt', 'the system\n');
  write('platform/bindings/corp/type', 'CA-Certificates\n');
  write('platform/bindings/corp/root.pem', content);
}

describe('the CA certificates buildpack', () => {
  it('makes every image ready for bindings at launch', () => {
    expect(run('detect').status).toBe(0);
    expect(run('build')).toMatchObject({ status: 0, stdout: '', stderr: '' });
    expect(read('at-launch.toml')).toBe('[types]\nlaunch = true\n');
    expect(readFileSync(layer('at-launch/exec.d/ca-certificates'))).toEqual(readFileSync(LAUNCH_TOOL));
    expect(statSync(layer('at-launch/exec.d/ca-certificates')).mode & 0o777).toBe(0o755);
    expect(existsSync(layer('in-build'))).toBe(false);
  });

  it('stays away when that is not wanted', () => {
    const env = { BP_RUNTIME_CERT_BINDING_DISABLED: 'true' };
    write('platform/bindings/db/type', 'postgresql');
    expect(run('detect', env)).toMatchObject({ status: 100, stdout: expect.stringContaining('there is no binding of type ca-certificates') as string });
    bind(first);
    expect(run('detect', env).status).toBe(0);
    expect(run('build', env).status).toBe(0);
    expect(existsSync(layer('at-launch'))).toBe(false);
    expect(existsSync(layer('in-build.toml'))).toBe(true);
  });

  it('lets later buildpacks trust what is bound, and keeps it out of the image', () => {
    bind(`# the root\n${first}\n${second}`);
    const { stdout, status } = run('build');
    expect(status).toBe(0);
    expect(stdout).toMatch(/CN=Test Root CA, O=.*, from root\.pem of the binding "corp"/);
    const file = layer('in-build/ca-certificates.crt');
    expect(readFileSync(file, 'utf8')).toBe(`the system\n\n${first}\n${second}`);
    for (const name of ['SSL_CERT_FILE', 'NODE_EXTRA_CA_CERTS', 'PIP_CERT', 'CARGO_HTTP_CAINFO'])
      expect(read(`in-build/env.build/${name}.override`)).toBe(file);
    expect(read('in-build.toml')).toMatch(/build = true/);
    expect(read('in-build.toml')).not.toMatch(/launch = true/);
    expect(existsSync(layer('embedded'))).toBe(false);
  });

  it('puts certificates into the image on request', () => {
    bind(first);
    expect(run('build', { BP_EMBED_CERTS: 'true', BP_RUNTIME_CERT_BINDING_DISABLED: 'true' }).status).toBe(0);
    expect(read('embedded/certificates/embedded.pem')).toBe(first);
    expect(read('embedded/env.launch/TSPACK_CA_CERTIFICATES.override')).toBe(layer('embedded/certificates'));
    expect(existsSync(layer('at-launch/exec.d/ca-certificates'))).toBe(true);
  });

  it('warns of a certificate that has expired', () => {
    bind(first);
    expect(run('build', { SOURCE_DATE_EPOCH: '9999999999' }).stderr).toContain('root.pem of the binding "corp" was valid until 2126-10-28');
  });

  it.each([
    ['nonsense', 'Cannot trust root.pem of the binding "corp": it holds no PEM certificate [CA_CERTIFICATE_INVALID]'],
    ['-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n', 'one of its certificates cannot be read'],
  ])('refuses %j', (content, message) => {
    bind(content);
    expect(run('build')).toMatchObject({ status: 1, stderr: expect.stringContaining(message) as string });
  });
});
