import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BuildEnvironment, HostPath, Mount, SandboxPath } from '../../src/executor/index.ts';

export const hostPath = (path: string): HostPath => path as HostPath;
export const sandboxPath = (path: string): SandboxPath => path as SandboxPath;

/** Content of a text file of this machine, or undefined. */
export function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** How bubblewrap is started in tests: `TSPACK_TEST_BUBBLEWRAP` (words), else the host's; undefined without. */
export function testBubblewrap(): readonly string[] | undefined {
  const words = process.env['TSPACK_TEST_BUBBLEWRAP']?.split(' ').filter(Boolean);
  if (words !== undefined && words.length > 0) return words;
  return ['/usr/bin/bwrap', '/usr/local/bin/bwrap', '/bin/bwrap'].some((path) => existsSync(path)) ? ['bwrap'] : undefined;
}

/** Why the sandbox cannot be tested here, or undefined when it can. */
export function sandboxObstacle(): string | undefined {
  const bubblewrap = testBubblewrap();
  if (bubblewrap === undefined) return 'no bubblewrap on this machine';
  try {
    const [file = '', ...args] = bubblewrap;
    execFileSync(file, [...args, '--unshare-user', '--ro-bind', '/', '/', '--', '/bin/true'], { stdio: 'pipe' });
    return undefined;
  } catch (error) {
    return `bubblewrap does not work here: ${String((error as { stderr?: Buffer }).stderr)}`;
  }
}

export interface TestRoot extends Disposable {
  /** Everything of the test, on one file system. */
  readonly directory: string;
  readonly root: HostPath;
  readonly scratchDirectory: HostPath;
  /** A new folder outside of the root. */
  folder(name: string): HostPath;
  environment(changes?: Partial<Omit<BuildEnvironment, 'mounts'>> & { readonly mounts?: readonly Mount[] }): BuildEnvironment;
}

/** A root with the programs of this machine and empty mount points, made without network or root. */
export function createTestRoot(): TestRoot {
  const directory = mkdtempSync(join(tmpdir(), 'tspack-sandbox-'));
  const root = join(directory, 'root');
  for (const name of ['dev', 'proc', 'tmp', 'usr', 'etc', 'home/cnb', 'workspace', 'layers', 'cnb', 'opt/kept']) {
    mkdirSync(join(root, name), { recursive: true });
  }
  for (const name of ['bin', 'sbin', 'lib', 'lib64']) if (existsSync(`/${name}`)) symlinkSync(`usr/${name}`, join(root, name));
  writeFileSync(join(root, 'etc/passwd'), 'cnb:x:1001:1000::/home/cnb:/bin/sh\n');
  writeFileSync(join(root, 'opt/kept/file'), 'kept');
  mkdirSync(join(directory, 'scratch'));
  return {
    directory,
    root: hostPath(root),
    scratchDirectory: hostPath(join(directory, 'scratch')),
    folder(name) {
      mkdirSync(join(directory, name), { recursive: true });
      return hostPath(join(directory, name));
    },
    environment: (changes = {}) => ({
      root: hostPath(root),
      user: { uid: 1001, gid: 1000 },
      network: 'host',
      hostname: 'sandbox',
      ...changes,
      mounts: [{ kind: 'bind', source: hostPath('/usr'), target: sandboxPath('/usr'), writable: false }, ...(changes.mounts ?? [])],
    }),
    [Symbol.dispose]: () => rmSync(directory, { recursive: true, force: true }),
  };
}
