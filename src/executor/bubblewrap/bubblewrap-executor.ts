import { TspackError } from '../../foundation/index.ts';
import { bubblewrapArguments } from './arguments.ts';
import { createOutputPipes } from './output-pipe.ts';
import { explainRefusal, readNamespaceFacts } from './refusal.ts';
import { runProcessInBubblewrap } from './run-process.ts';
import type { BuildEnvironment, Executor, HostPath } from '../index.ts';
import type { ProcMount } from './arguments.ts';

export interface BubblewrapOptions {
  /** How bubblewrap is started, such as `[ld.so, '--library-path', ..., bwrap]` or `['bwrap']`. */
  readonly bubblewrap: readonly string[];
  /** How coreutils' or busybox' `mkfifo` is started. Default: the host's. */
  readonly mkfifo?: readonly string[];
  /** Existing, writable folder of this user on a local file system; emptied of what was made there as sandboxes are closed. */
  readonly scratchDirectory: HostPath;
  /** Default `fresh`; `bound` only where `probeBubblewrap` found that nothing else is possible. */
  readonly proc?: ProcMount;
  /** Content of a text file; undefined when it cannot be read. For explaining failures. */
  readonly readFile: (path: string) => string | undefined;
}

/**
 * Runs processes in a rootless user namespace around an unpacked image (DESIGN.md §3): read-only root, own
 * process, ipc, host name and cgroup namespaces, no capabilities, no new privileges, umask 022, nothing of the
 * host's environment. Linux only; works as root and as an ordinary user. Overlay mounts need bubblewrap 0.11.
 */
export function createBubblewrapExecutor(options: BubblewrapOptions): Executor {
  return {
    name: 'sandbox',
    open(environment: BuildEnvironment) {
      const pipes = createOutputPipes(options.mkfifo ?? ['mkfifo'], options.scratchDirectory);
      return Promise.resolve({
        run: (process) =>
          runProcessInBubblewrap({
            bubblewrap: options.bubblewrap,
            options: bubblewrapArguments(environment, process, options.proc ?? 'fresh'),
            process,
            pipes,
            explain: (said) => sandboxFailure(said, options.readFile),
          }),
        [Symbol.asyncDispose]: () => pipes[Symbol.asyncDispose](),
      });
    },
  };
}

function sandboxFailure(said: string, readFile: BubblewrapOptions['readFile']): TspackError {
  const { reason, nextStep } = explainRefusal(said, readNamespaceFacts(readFile));
  return new TspackError({ code: 'SANDBOX_FAILED', message: `Cannot start the sandbox: ${reason}`, nextStep });
}
