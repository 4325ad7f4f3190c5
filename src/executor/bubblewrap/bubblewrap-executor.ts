import { TspackError } from '../../foundation/index.ts';
import { bubblewrapArguments, planEnvironment } from './arguments.ts';
import { openLayeredRoot } from './layered-root.ts';
import { createOutputPipes } from '../index.ts';
import { explainRefusal, readNamespaceFacts } from './refusal.ts';
import { runProcessInBubblewrap } from './run-process.ts';
import { canServe, canShare, openSharedSandbox } from './shared-sandbox.ts';
import type { BuildEnvironment, Executor, HostPath } from '../index.ts';
import type { ProcMount } from './arguments.ts';
import type { SharedSandbox } from './shared-sandbox.ts';

export interface BubblewrapOptions {
  /** How bubblewrap is started, such as `[ld.so, '--library-path', ..., bwrap]` or `['bwrap']`. */
  readonly bubblewrap: readonly string[];
  /** The program of `root-tool/` for this machine, by which the processes of a sandbox share one bubblewrap. Absent: each has its own. */
  readonly tool?: string;
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
      const proc = options.proc ?? 'fresh';
      const { bubblewrap, tool } = options;
      const layered = environment.above === undefined ? undefined : openLayeredRoot(environment, options.scratchDirectory, proc);
      const pipes = createOutputPipes(options.mkfifo ?? ['mkfifo'], options.scratchDirectory);
      const explain = (said: string) => sandboxFailure(said, options.readFile);
      let shared: { readonly sandbox: SharedSandbox | undefined } | undefined;
      const share = (): SharedSandbox | undefined => {
        if (tool === undefined || proc !== 'fresh') return undefined;
        const mounts = planEnvironment(environment, {}, proc, layered?.treesFor({}) ?? []);
        return canShare(environment, mounts) ? openSharedSandbox({ bubblewrap, tool, environment, mounts, explain }) : undefined;
      };
      const prepare = () => (shared ??= { sandbox: share() });
      return Promise.resolve({
        async run(process) {
          const exit = canServe(process) ? await prepare().sandbox?.run(process) : undefined;
          if (exit !== undefined) return exit;
          const own = bubblewrapArguments(environment, process, proc, layered?.treesFor(process));
          return await runProcessInBubblewrap({ bubblewrap, options: own, process, pipes, explain });
        },
        prepare,
        async [Symbol.asyncDispose]() {
          await shared?.sandbox?.[Symbol.asyncDispose]();
          layered?.[Symbol.dispose]();
          await pipes[Symbol.asyncDispose]();
        },
      });
    },
  };
}

function sandboxFailure(said: string, readFile: BubblewrapOptions['readFile']): TspackError {
  const { reason, nextStep } = explainRefusal(said, readNamespaceFacts(readFile));
  return new TspackError({ code: 'SANDBOX_FAILED', message: `Cannot start the sandbox: ${reason}`, nextStep });
}
