import { execFile } from 'node:child_process';
import { closeSync, constants, openSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { TspackError } from '../foundation/index.ts';

/** One end to hand to a process, the other read here. */
export interface OutputPipe {
  /** File descriptor for the process. Close it with `closeWriter` once the process has it. */
  readonly writer: number;
  closeWriter(): void;
  /** Hands every chunk to `sink` until the last process has closed its end. */
  drain(sink: (chunk: Uint8Array) => void): Promise<void>;
}

/**
 * Real pipes for the output of processes. What Node connects a child with is a socket, and a socket cannot be
 * opened through `/dev/stdout` or `/dev/stderr`, which shell scripts and servers do all the time (`ENXIO`). Node
 * cannot make a pipe; a FIFO is one with a name.
 */
export interface OutputPipes extends AsyncDisposable {
  open(): Promise<OutputPipe>;
}

const BATCH = 4;

/** @param mkfifo Command of coreutils' or busybox' `mkfifo`. @param directory Existing folder for the FIFOs, which live until disposal. */
export function createOutputPipes(mkfifo: readonly string[], directory: string): OutputPipes {
  const free: string[] = [];
  let own: Promise<string> | undefined;
  let made = 0;

  const make = async (): Promise<string> => {
    const folder = await (own ??= mkdtemp(join(directory, 'pipes-')));
    const paths = Array.from({ length: BATCH }, () => join(folder, String(made++)));
    const [file = 'mkfifo', ...args] = mkfifo;
    try {
      await promisify(execFile)(file, [...args, '-m', '600', ...paths], { env: {}, cwd: '/' });
    } catch (error) {
      throw new TspackError({
        code: 'SANDBOX_FAILED',
        message: `Cannot make pipes for the output of a process in '${folder}': ${error instanceof Error ? error.message : String(error)}`,
        nextStep: 'Check that the folder is on a local, writable file system and has free space.',
        cause: error,
      });
    }
    const [first = '', ...others] = paths;
    free.push(...others);
    return first;
  };

  return {
    async open() {
      const path = free.pop() ?? (await make());
      // The reader first and without blocking: a FIFO's writer waits for its reader.
      const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
      const writer = openSync(path, constants.O_WRONLY);
      return {
        writer,
        closeWriter: () => closeSync(writer),
        drain: (sink) =>
          new Promise((resolve, reject) => {
            const socket = new Socket({ fd: reader, readable: true, writable: false });
            socket.on('data', (chunk: Uint8Array) => {
              try {
                sink(chunk);
              } catch (error) {
                socket.destroy(error instanceof Error ? error : new Error(String(error)));
              }
            });
            socket.once('error', reject);
            socket.once('close', () => {
              free.push(path);
              resolve();
            });
          }),
      };
    },
    async [Symbol.asyncDispose]() {
      if (own !== undefined) await rm(await own, { recursive: true, force: true });
    },
  };
}
