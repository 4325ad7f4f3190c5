// execa costs 90 ms to import and this needs only `spawn`, with descriptors of our own.
import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { inheritedDescriptors } from './inherited-descriptors.ts';
import type { ChildProcess } from 'node:child_process';
import type { Writable } from 'node:stream';
import type { Stdio } from './outer-sandbox.ts';

/** Does not change while we run: what Node opens itself is closed for its children. */
let inherited: readonly number[] | undefined;

/** Starts bubblewrap with those descriptors and no others. The umask is inherited by the sandbox, and only a process can set its own: nothing else runs in between. */
export function spawnBubblewrap(file: string, args: readonly string[], stdio: readonly Stdio[]): ChildProcess {
  const before = process.umask(0o022);
  const nowhere = openSync('/dev/null', 'r');
  try {
    const all: Stdio[] = [...stdio];
    for (const descriptor of (inherited ??= inheritedDescriptors())) {
      if (descriptor >= stdio.length) all[descriptor] = nowhere;
    }
    // A session of its own: no controlling terminal to inject input into, and Ctrl-C reaches it only through us.
    return spawn(file, args, { cwd: '/', env: {}, stdio: Array.from(all, (entry) => entry ?? 'ignore'), detached: true });
  } finally {
    closeSync(nowhere);
    process.umask(before);
  }
}

/** Writes what `--args` reads. Options hold the environment, and a command line is readable to everybody. */
export function sendOptions(stream: Writable | null | undefined, options: readonly string[]): Promise<void> {
  return new Promise((resolve) => {
    // A bubblewrap that has already ended tells why in its own words.
    stream?.once('error', () => resolve());
    stream?.end(options.map((option) => `${option}\0`).join(''), () => resolve());
    if (stream === null || stream === undefined) resolve();
  });
}

/** Ends bubblewrap, and with it everything in its sandbox. */
export function killGroup(child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    child.kill('SIGKILL');
  }
}
