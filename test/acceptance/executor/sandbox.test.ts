import { execFile, execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openMachine } from '../../../src/compose/machine.ts';
import { openToolbox } from '../../../src/compose/toolbox.ts';
import { removeTree } from '../../../src/foundation/index.ts';
import { ROOT_TOOL, bubblewrapSubject, executorContract } from '../../contract/executor-contract.ts';
import { skipWithout } from '../../support/requirement.ts';
import type { BubblewrapProbe } from '../../../src/executor/bubblewrap/index.ts';

const toolbox = await openToolbox(openMachine(process.env, process.cwd()), () => undefined, new AbortController().signal);

executorContract(bubblewrapSubject("tspack's own bubblewrap", { command: toolbox.bubblewrap, overlay: true }));
executorContract(bubblewrapSubject("tspack's own bubblewrap that processes share", { command: toolbox.bubblewrap, overlay: true, tool: ROOT_TOOL }));

/** Whether a program ends well. */
function works(file: string, ...args: readonly string[]): boolean {
  try {
    execFileSync(file, args, { stdio: 'pipe' });
    return true;
  } catch {
    return false;
  }
}

const namespaces = works('unshare', '-Urm', 'true');
const docker = works('docker', 'info');

describe('probeBubblewrap()', () => {
  let directory: string;
  let program: string;

  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'tspack-probe-'));
    chmodSync(directory, 0o755);
    program = join(directory, 'probe.mjs');
    const root = join(import.meta.dirname, '../../..');
    writeFileSync(
      join(directory, 'probe.mts'),
      `import { readFileSync } from 'node:fs';
       import { probeBubblewrap } from ${JSON.stringify(join(root, 'src/executor/bubblewrap/index.ts'))};
       const readFile = (path) => { try { return readFileSync(path, 'utf8'); } catch { return undefined; } };
       console.log(JSON.stringify(await probeBubblewrap({ bubblewrap: ${JSON.stringify(toolbox.bubblewrap)}, readFile })));`,
    );
    execFileSync(join(root, 'node_modules/.bin/esbuild'), [
      join(directory, 'probe.mts'),
      '--bundle',
      '--platform=node',
      '--format=esm',
      '--external:execa',
      `--outfile=${program}`,
      '--log-level=error',
    ]);
  });
  afterAll(() => removeTree(directory));

  async function probe(...command: readonly string[]): Promise<BubblewrapProbe> {
    const [file = '', ...args] = command;
    const { stdout } = await promisify(execFile)(file, args, { env: { PATH: process.env['PATH'], DOCKER_HOST: process.env['DOCKER_HOST'] } });
    return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as BubblewrapProbe;
  }
  const node = (): readonly string[] => [process.execPath, program];

  it('finds nothing missing here', async () => {
    expect(await probe(...node())).toMatchObject({ usable: true, limits: [], proc: 'fresh' });
  });

  it.skipIf(skipWithout('unshare -Urm', namespaces))('binds /proc where parts of it are hidden, and says what that means', async () => {
    const found = await probe('unshare', '-Urm', 'sh', '-c', `mount -t tmpfs none /proc/irq && exec "$@"`, 'sh', ...node());
    expect(found).toMatchObject({ usable: true, proc: 'bound', limits: [expect.stringContaining('names of this container')] });
  });

  it.skipIf(skipWithout('unshare -Urm', namespaces))('recognises a chroot', async () => {
    const root = join(directory, 'root');
    for (const name of ['usr', 'proc', 'dev', 'tmp', 'etc', 'own', 'toolbox']) mkdirSync(join(root, name), { recursive: true });
    for (const name of ['bin', 'sbin', 'lib', 'lib64']) symlinkSync(`usr/${name}`, join(root, name));
    mkdirSync(join(root, toolbox.root), { recursive: true });
    mkdirSync(join(root, directory), { recursive: true });
    const binds = [
      ['/usr', '/usr'],
      ['/proc', '/proc'],
      ['/dev', '/dev'],
      [toolbox.root, toolbox.root],
      [directory, directory],
    ];
    const script = `${binds.map(([from = '', to = '']) => `mount --rbind '${from}' '${root}${to}'`).join(' && ')} && exec chroot '${root}' "$@"`;
    const found = await probe('unshare', '-Urm', 'sh', '-c', script, 'sh', ...node());
    expect(found).toMatchObject({ usable: false, reason: expect.stringContaining('chroot'), nextStep: expect.stringContaining('pivot_root') });
  });

  it.skipIf(skipWithout('unshare -Urm', namespaces))('recognises namespaces that are switched off', async () => {
    const found = await probe('unshare', '-Urm', 'sh', '-c', 'echo 0 > /proc/sys/user/max_user_namespaces && exec "$@"', 'sh', ...node());
    expect(found).toMatchObject({ usable: false, reason: expect.stringContaining('user.max_user_namespaces is 0') });
  });

  it.skipIf(skipWithout('a Docker daemon', docker))('refuses in a default container with what to do, and works with that', async () => {
    const skeleton = join(directory, 'skeleton');
    for (const name of ['usr', 'proc', 'dev', 'tmp', 'etc']) mkdirSync(join(skeleton, name), { recursive: true });
    for (const name of ['bin', 'sbin', 'lib', 'lib64']) symlinkSync(`usr/${name}`, join(skeleton, name));
    execFileSync('sh', ['-c', `tar -C '${skeleton}' -c . | docker import - tspack-test-skeleton:1`], { stdio: 'pipe' });
    const volumes = ['/usr', toolbox.root, directory].flatMap((path) => ['-v', `${path}:${path}:ro`]);
    const run = ['docker', 'run', '--rm', '--network', 'none', ...volumes];
    try {
      const refused = await probe(...run, 'tspack-test-skeleton:1', ...node());
      expect(refused).toMatchObject({ usable: false, reason: "The container's seccomp profile forbids user namespaces" });
      const options = /--security-opt \S+ --security-opt [a-z=]+/u.exec((refused as { nextStep: string }).nextStep)?.[0].split(' ') ?? [];
      expect(options).toHaveLength(4);
      expect(await probe(...run, ...options, 'tspack-test-skeleton:1', ...node())).toMatchObject({ usable: true });
    } finally {
      execFileSync('docker', ['rmi', 'tspack-test-skeleton:1'], { stdio: 'pipe' });
    }
  });
});
