import { execFile, execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, realpathSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openMachine } from '../../../src/compose/machine.ts';
import { packageRoot, removeTree } from '../../../src/foundation/index.ts';
import { findProgram, skipWithout } from '../../support/requirement.ts';

/**
 * tspack inside a container of Docker, which forbids what sandboxes need unless it is told otherwise.
 * `TSPACK_TEST_ROOT` is the folder of an unpacked Debian with Node.js and npm.
 */
const root = process.env['TSPACK_TEST_ROOT'];
const docker = findProgram('docker');

function works(file: string, ...args: readonly string[]): boolean {
  try {
    execFileSync(file, args, { stdio: 'pipe' });
    return true;
  } catch {
    return false;
  }
}

const ready = docker !== undefined && works(docker, 'info');
const IMAGE = `tspack-test-debian:${process.pid}`;

describe.skipIf(
  skipWithout('a Docker daemon and its command', ready) || skipWithout('the folder TSPACK_TEST_ROOT of a Debian with Node.js', root !== undefined),
)('in a container of Docker', () => {
  let directory: string;
  let home: string;

  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'tspack-in-container-'));
    home = join(directory, 'home');
    const { cache } = openMachine(process.env, process.cwd()).home();
    mkdirSync(home);
    // What is expensive to make.
    for (const kept of ['images', 'debian'])
      if (existsSync(join(cache, kept)))
        cpSync(join(cache, kept), join(home, 'cache', kept), { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
    const registry = execFileSync('npm', ['config', 'get', 'registry'], { encoding: 'utf8', cwd: directory }).trim();
    writeFileSync(join(directory, 'npmrc'), `registry=${registry}\n`);
    cpSync(join(packageRoot(), 'samples/nodejs'), join(directory, 'app'), { recursive: true });
    execFileSync('sh', ['-c', `tar -C '${root!}' --one-file-system -c . | docker import - ${IMAGE}`], { stdio: 'pipe' });
  }, 600_000);
  afterAll(() => {
    removeTree(directory);
    execFileSync('docker', ['rmi', '--force', IMAGE], { stdio: 'pipe' });
  });

  interface Outcome {
    readonly code: number;
    readonly stdout: string;
    readonly stderr: string;
  }

  async function tspack(options: readonly string[], ...args: readonly string[]): Promise<Outcome> {
    const ca = process.env['NODE_EXTRA_CA_CERTS'];
    const readOnly = [packageRoot(), realpathSync(join(packageRoot(), 'node_modules')), ...(ca === undefined ? [] : [ca])];
    const volumes = [...readOnly.map((path) => `${path}:${path}:ro`), `${directory}:${directory}`].flatMap((volume) => ['-v', volume]);
    const env = [
      `TSPACK_HOME=${home}`,
      `NPM_CONFIG_USERCONFIG=${join(directory, 'npmrc')}`,
      ...(ca === undefined ? [] : [`NODE_EXTRA_CA_CERTS=${ca}`]),
    ].flatMap((pair) => ['-e', pair]);
    const command = [
      'run',
      '--rm',
      '--network',
      'host',
      ...options,
      ...volumes,
      ...env,
      '-w',
      directory,
      IMAGE,
      'node',
      join(packageRoot(), 'dist/cli.js'),
      ...args,
    ];
    try {
      return { code: 0, ...(await promisify(execFile)('docker', command, { maxBuffer: 100_000_000 })) };
    } catch (error) {
      return error as Outcome;
    }
  }

  const BUILD = ['build', 'app', '--builder', 'base', '--path', 'app'];

  it('refuses with what was measured and what to do, and builds once that is done', async () => {
    const refused = await tspack([], ...BUILD);
    expect([refused.code, refused.stdout]).toEqual([1, '']);
    expect(refused.stderr).toContain(
      "Cannot run buildpacks on this machine: The container's seccomp profile forbids user namespaces, and neither Docker nor Podman answers here [SANDBOX_UNAVAILABLE]",
    );
    const step = /Next step: .*/u.exec(refused.stderr)?.[0] ?? '';
    const options = /--security-opt \S+ --security-opt [a-z=]+/u.exec(step)?.[0].split(' ') ?? [];
    expect(options).toHaveLength(4);

    const doctor = await tspack([], 'doctor');
    expect(doctor.code).toBe(1);
    expect(doctor.stdout).toMatch(
      /^!! executor sandbox\s+does not work here: The container's seccomp profile forbids user namespaces\n\s+Next step: Start the container with --security-opt/mu,
    );
    expect(doctor.stdout).toMatch(/^-- executor container\s+does not work here: neither Docker nor Podman answers here$/mu);

    const built = await tspack(options, ...BUILD);
    expect(built).toMatchObject({ code: 0, stdout: expect.stringMatching(/^app sha256:[0-9a-f]{64}\n$/u) });
    const cured = await tspack(options, 'doctor');
    expect(cured.stdout).toMatch(/^ok executor sandbox\s+works .*; builds use it;/mu);
  });
});
