import { TspackError } from '../../foundation/index.ts';
import { createOutputPipes } from '../index.ts';
import { findProgram } from './find-program.ts';
import { runProcessHere } from './run-process.ts';
import type { BuildEnvironment, Executor } from '../index.ts';

export interface InlineOptions {
  /** `PATH` of this machine: `mkfifo` is looked up there. */
  readonly searchPath: string;
  /** An existing folder for pipes. */
  readonly temporaryDirectory: string;
}

/**
 * Runs processes without any wall around them. What the port promises beyond that is refused, not ignored: another
 * root, mounts, no network (`INLINE_UNABLE`). Processes get the environment they were given, without the variables that
 * hold registry credentials; when one ends, so do all that it started in its session.
 */
export function createInlineExecutor({ searchPath, temporaryDirectory }: InlineOptions): Executor {
  return {
    name: 'inline',
    open(environment) {
      const unable = refusal(environment);
      if (unable !== undefined) {
        throw new TspackError({
          code: 'INLINE_UNABLE',
          message: `Cannot run processes without a sandbox: ${unable}`,
          nextStep: 'Use --executor sandbox or container',
        });
      }
      const mkfifo = findProgram('mkfifo', searchPath);
      const pipes = createOutputPipes([mkfifo], temporaryDirectory);
      return Promise.resolve({
        run: (process) => runProcessHere(process, pipes),
        [Symbol.asyncDispose]: () => pipes[Symbol.asyncDispose](),
      });
    },
  };
}

function refusal({ root, mounts, network, above }: BuildEnvironment): string | undefined {
  if (root !== '/' || (above?.length ?? 0) > 0) return `there is no other root than this machine's, not "${root}"`;
  if (mounts.length > 0) return 'nothing can be mounted';
  return network === 'none' ? 'the network cannot be kept away' : undefined;
}
