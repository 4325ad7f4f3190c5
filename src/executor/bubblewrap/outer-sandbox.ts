import { watchStatus } from './status.ts';
import type { ChildProcess } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import type { SandboxStatus } from './status.ts';

export type Stdio = 'inherit' | 'ignore' | 'pipe' | number;

/** A user namespace and a view of the host, in which a second bubblewrap makes the sandbox. */
export interface OuterSandbox {
  readonly options: readonly string[];
  /** How bubblewrap is started inside of it. */
  readonly inner: readonly string[];
  /** For `--seccomp` of the inner one. */
  readonly seccomp?: Uint8Array;
  /** Gives the namespace of a process its ids. Absent: bubblewrap itself does, and there is one. */
  readonly mapIds?: (pid: number) => Promise<void>;
  /** How many processes there are between the outer sandbox's first one and the program. */
  readonly depth: number;
}

/** Descriptors 5 to 9 of the outer bubblewrap: options, status, start signal, information that is not needed, filter. */
export function outerArguments(outer: OuterSandbox | undefined): readonly string[] {
  if (outer === undefined) return [];
  const blocked = outer.mapIds === undefined ? [] : ['--userns-block-fd', '7', '--info-fd', '8'];
  const seccomp = outer.seccomp === undefined ? [] : ['--seccomp', '9'];
  return ['--args', '5', '--json-status-fd', '6', ...blocked, '--', ...outer.inner, ...seccomp];
}

export function outerStdio(outer: OuterSandbox | undefined): readonly Stdio[] {
  return outer === undefined ? [] : ['pipe', 'pipe', 'pipe', 'pipe', 'pipe'];
}

/**
 * Sends the outer bubblewrap what it waits for. The first process of the answer is the outer sandbox's, as this machine
 * numbers it; the exit code is what the inner one says.
 */
export async function openOuter(child: ChildProcess, outer: OuterSandbox, onStart: (pid: number) => void, kill: () => void): Promise<SandboxStatus> {
  // Node gives no streams to a child that it could not start.
  const streams = child.stdio as readonly (Readable | Writable | null | undefined)[] | undefined;
  const reader = (descriptor: number) => streams?.[descriptor] as Readable | null | undefined;
  const send = (descriptor: number, content: string | Uint8Array): void => {
    const stream = streams?.[descriptor] as Writable | null | undefined;
    // One that has ended already says why itself.
    stream?.on('error', () => undefined);
    stream?.end(content);
  };
  send(5, outer.options.map((option) => `${option}\0`).join(''));
  send(9, outer.seccomp ?? '');
  reader(8)?.resume();
  let mapped: Promise<void> | undefined;
  const outside = watchStatus(reader(6), (pid) => {
    mapped = (outer.mapIds?.(pid) ?? Promise.resolve()).then(() => {
      send(7, '1');
      onStart(pid);
    });
    // Nobody would wake the sandbox; the reason is told below.
    mapped.catch(kill);
  });
  const [{ firstProcess }, { exitCode }] = await Promise.all([outside, watchStatus(reader(4), () => undefined)]);
  (streams?.[7] as Writable | null | undefined)?.destroy();
  await mapped;
  return { firstProcess, exitCode };
}
