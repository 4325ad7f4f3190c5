import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { TspackError, hasSystemCode } from '../../foundation/index.ts';
import type { ExecutorProbe, HostPath, SandboxPath } from '../index.ts';
import { createContainerExecutor } from './container-executor.ts';
import type { ContainerOptions } from './container-executor.ts';

/** What {@link probeContainers} found; `init` goes into the options of the executor. */
export type ContainerProbe = ExecutorProbe & { readonly init?: boolean };

const TITLES = { docker: 'Docker', podman: 'Podman' } as const;

/**
 * Measures whether builds can run in containers, by running one: whether the daemon sees the folders of this machine,
 * and whether what it writes there is the caller's. Takes about a second, and longer the first time.
 *
 * @param root An unpacked image with a shell.
 */
export async function probeContainers(options: ContainerOptions, root: HostPath): Promise<ContainerProbe> {
  const { daemon } = options;
  const detail = `${TITLES[daemon.name]} ${daemon.version} at ${daemon.address}`;
  const withInit = await tryContainer({ ...options, init: true }, root);
  if (withInit === undefined) return { name: 'container', usable: true, limits: [], detail, init: true };
  if (!/init/iu.test(withInit.reason)) return { name: 'container', usable: false, ...withInit };
  const without = await tryContainer({ ...options, init: false }, root);
  if (without !== undefined) return { name: 'container', usable: false, ...without };
  const limit = `${TITLES[daemon.name]} has no init program (package tini or catatonit): signals may not reach what runs in a container`;
  return { name: 'container', usable: true, limits: [limit], detail, init: false };
}

interface Refusal {
  readonly reason: string;
  readonly nextStep: string;
}

async function tryContainer(options: ContainerOptions, root: HostPath): Promise<Refusal | undefined> {
  const folder = mkdtempSync(join(options.ownDirectory, 'container-probe-')) as HostPath;
  try {
    await using sandbox = await createContainerExecutor(options).open({
      root,
      user: { uid: 1001, gid: 1000 },
      mounts: [{ kind: 'bind', source: folder, target: '/workspace' as SandboxPath, writable: true }],
      network: 'none',
      hostname: 'tspack',
    });
    const said: Uint8Array[] = [];
    const keep = (chunk: Uint8Array) => void said.push(chunk);
    const { code } = await sandbox.run({
      command: ['/bin/sh', '-c', 'echo works > written'],
      cwd: '/workspace' as SandboxPath,
      env: {},
      stdout: keep,
      stderr: keep,
    });
    if (code !== 0) {
      return {
        reason: `a container cannot write to a folder of this machine: ${Buffer.concat(said).toString().trim()}`,
        nextStep: 'Use a Docker or Podman that runs as you or as root, on this machine',
      };
    }
    return checkWritten(join(folder, 'written'), options.caller.uid);
  } catch (error) {
    if (!(error instanceof TspackError)) throw error;
    return { reason: error.message, nextStep: error.nextStep ?? "Start a container by hand to see more, such as 'docker run --rm hello-world'" };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function checkWritten(path: string, uid: number): Refusal | undefined {
  const elsewhere: Refusal = {
    reason: 'what a container writes does not arrive here',
    nextStep: 'Use a Docker or Podman on this machine, which sees the same folders',
  };
  try {
    if (readFileSync(path, 'utf8') !== 'works\n') return elsewhere;
    const owner = statSync(path).uid;
    return owner === uid
      ? undefined
      : { reason: `what a container writes belongs to user ${owner}, not to ${uid}`, nextStep: 'Use rootless Podman, or a Docker without user remapping' };
  } catch (error) {
    if (hasSystemCode(error, 'ENOENT')) return elsewhere;
    throw error;
  }
}
