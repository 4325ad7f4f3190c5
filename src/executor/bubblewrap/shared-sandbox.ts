import { KERNEL_SETTINGS } from './mount-plan.ts';
import { waitUntilEnded } from './process-tree.ts';
import { serveProcesses } from './serve-processes.ts';
import { killGroup, sendOptions, spawnBubblewrap } from './spawn-bubblewrap.ts';
import { watchStatus } from './status.ts';
import type { Duplex } from 'node:stream';
import type { TspackError } from '../../foundation/index.ts';
import type { BuildEnvironment, ProcessExit, ProcessSpec } from '../index.ts';
import type { MountPlan } from './mount-plan.ts';

export interface SharedSandboxOptions {
  readonly bubblewrap: readonly string[];
  /** The program of `root-tool/` for this machine. */
  readonly tool: string;
  readonly environment: BuildEnvironment;
  readonly mounts: MountPlan;
  explain(message: string): TspackError;
}

/**
 * One bubblewrap for all processes of an environment: each is forked in it, in namespaces of processes, mounts and users of
 * its own, which takes a millisecond (decision 22).
 */
export interface SharedSandbox extends AsyncDisposable {
  /** As `Sandbox.run`; undefined when nothing was started, because sandboxes are not to be had this way. */
  run(process: ProcessSpec): Promise<ProcessExit | undefined>;
}

/** Below /tmp, which is every process' own: none of them sees it. */
const TOOL = '/tmp/root-tool';

/** Whether processes of an environment can share a sandbox. Who mounts an overlay changes its folders between them. */
export function canShare(environment: BuildEnvironment, { targets }: MountPlan): boolean {
  // What each process gets anew must not cover anything.
  const anew = targets.filter((target) => /^\/(?:(?:dev|proc)(?:\/|$)|tmp$)/u.test(target));
  return environment.mounts.every(({ kind }) => kind !== 'overlay') && anew.join(' ') === '/proc /dev /tmp';
}

/** Whether a process needs nothing that only a sandbox of its own has. */
export function canServe(spec: ProcessSpec): boolean {
  const { command, cwd, env, mounts = [] } = spec;
  const isPlain = spec.interactive !== true && mounts.length === 0 && command.length > 0;
  return isPlain && ![...command, cwd, ...Object.entries(env).flat()].some((text) => text.includes('\0'));
}

/** Starts bubblewrap; what cannot be had of it shows with the first process. */
export function openSharedSandbox(options: SharedSandboxOptions): SharedSandbox {
  const { user } = options.environment;
  const [file = 'bwrap', ...prefix] = options.bubblewrap;
  const kept = options.mounts.targets.filter((target) => target.startsWith('/tmp/'));
  const words = [String(user.uid), String(user.gid), ...KERNEL_SETTINGS, '--', ...kept];
  // What bubblewrap says is lost: who gets nothing here asks one of his own.
  const stdio = ['ignore', 'ignore', 'ignore', 'pipe', 'pipe', 'pipe'] as const;
  const child = spawnBubblewrap(file, [...prefix, '--args', '4', '--json-status-fd', '5', '--', TOOL, 'serve', ...words], stdio);
  const ended = new Promise<void>((resolve) => {
    child.once('error', () => resolve());
    child.once('exit', () => resolve());
  });
  // Node gives no streams to a child that it could not start.
  const streams = child.stdio as readonly (Duplex | null | undefined)[] | undefined;
  const status = watchStatus(streams?.[5], () => undefined);
  void sendOptions(streams?.[4], sharedOptions(options));
  const control = streams?.[3];
  const run = control === null || control === undefined ? () => Promise.resolve(undefined) : serveProcesses(control, options.explain);
  return {
    run,
    async [Symbol.asyncDispose]() {
      killGroup(child);
      await ended;
      const { firstProcess } = await status;
      if (firstProcess !== undefined) await waitUntilEnded(firstProcess);
    },
  };
}

/** Root of a namespace with one user, so that it can make others in it; the programs themselves get nothing of that. */
function sharedOptions({ environment, mounts, tool }: SharedSandboxOptions): readonly string[] {
  return [
    ...['--unshare-user', '--unshare-pid', '--unshare-ipc', '--unshare-uts', '--unshare-cgroup-try', '--die-with-parent'],
    ...(environment.network === 'none' ? ['--unshare-net'] : []),
    ...['--uid', '0', '--gid', '0', '--cap-add', 'ALL', '--hostname', environment.hostname],
    ...mounts.arguments,
    ...['--ro-bind', tool, TOOL, '--remount-ro', '/dev', '--chdir', '/'],
  ];
}
