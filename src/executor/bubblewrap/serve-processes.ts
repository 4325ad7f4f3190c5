import { constants } from 'node:os';
import { createFrameReader, killFrame, runFrame, signalFrame } from './frames.ts';
import { programNotStarted } from './run-process.ts';
import type { Duplex } from 'node:stream';
import type { TspackError } from '../../foundation/index.ts';
import type { ProcessExit, ProcessSpec } from '../index.ts';
import type { Frame } from './frames.ts';

interface Job {
  readonly spec: ProcessSpec;
  readonly resolve: (exit: ProcessExit | undefined) => void;
  readonly reject: (error: unknown) => void;
  started: boolean;
  failed?: { readonly error: unknown };
}

/**
 * Runs processes by `root-tool serve` at the other end of `control`, any number at once. A process that could not be started
 * because of where it was to run gives undefined, and so do those after it.
 */
export function serveProcesses(control: Duplex, explain: (message: string) => TspackError): (spec: ProcessSpec) => Promise<ProcessExit | undefined> {
  const jobs = new Map<number, Job>();
  let made = 0;
  let refused = false;

  const send = (bytes: Buffer): void => void (control.writable && control.write(bytes));
  const read = createFrameReader();
  control.on('data', (chunk: Buffer) => {
    for (const frame of read(chunk)) receive(frame);
  });
  control.on('error', () => undefined);
  control.once('close', () => {
    refused = true;
    for (const [id, job] of jobs) settle(id, job, job.started ? { code: undefined, signal: 'SIGKILL' } : undefined);
  });

  function settle(id: number, { spec, resolve, reject, failed }: Job, exit: ProcessExit | TspackError | undefined): void {
    jobs.delete(id);
    if (spec.signal?.aborted === true) reject(spec.signal.reason);
    else if (failed !== undefined) reject(failed.error);
    else if (exit instanceof Error) reject(exit);
    else resolve(exit);
  }

  /** What a caller's function throws ends the process, and is what its `run` rejects with. */
  function attempt(id: number, job: Job, action: () => void): void {
    if (job.failed !== undefined) return;
    try {
      action();
    } catch (error) {
      job.failed = { error };
      send(killFrame(id));
    }
  }

  function receive({ kind, id, content }: Frame): void {
    const job = jobs.get(id);
    if (job === undefined) return;
    const { spec } = job;
    switch (kind) {
      case 's':
        job.started = true;
        return attempt(id, job, () => spec.onStart?.({ signal: (name) => send(signalFrame(id, constants.signals[name])) }));
      case 'o':
        return attempt(id, job, () => spec.stdout?.(content));
      case 'e':
        return attempt(id, job, () => spec.stderr?.(content));
      case 'x': {
        const code = content.readInt32LE(0);
        return settle(id, job, code < 0 ? { code: undefined, signal: 'SIGKILL' } : { code, signal: undefined });
      }
      case 'p':
        return settle(id, job, programNotStarted(spec, content.toString()));
      case 'f':
        return settle(id, job, explain(`Can't chdir to ${spec.cwd}: ${content.toString()}`));
      case 'c':
        refused = true;
        return settle(id, job, undefined);
    }
  }

  return (spec) => {
    spec.signal?.throwIfAborted();
    if (refused) return Promise.resolve(undefined);
    const id = made++;
    const kill = (): void => send(killFrame(id));
    spec.signal?.addEventListener('abort', kill, { once: true });
    return new Promise<ProcessExit | undefined>((resolve, reject) => {
      jobs.set(id, { spec, resolve, reject, started: false });
      send(runFrame(id, spec));
    }).finally(() => spec.signal?.removeEventListener('abort', kill));
  };
}
