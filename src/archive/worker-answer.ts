import { parentPort } from 'node:worker_threads';
import type { Transferable } from 'node:worker_threads';
import { TspackError } from '../foundation/index.ts';

/** What a worker thread answers: the result, or an error in plain data. */
export type WorkerAnswer<Result> = { readonly ok: true; readonly result: Result } | { readonly ok: false; readonly error: WorkerFailure };

/** An error as it crosses a thread: classes do not. */
export interface WorkerFailure {
  readonly code: string | undefined;
  readonly tspack: boolean;
  readonly message: string;
  readonly nextStep: string | undefined;
  readonly stack: string | undefined;
}

/** In a worker thread: answers every request with what `work` returns or throws. */
export function answerRequests<Request, Result>(
  work: (request: Request) => Result | Promise<Result>,
  transferOf: (result: Result) => readonly Transferable[] = () => [],
): void {
  const port = parentPort;
  if (port === null) throw new Error('This file runs in a worker thread');
  const answer = async (request: Request): Promise<void> => {
    let result: Result;
    try {
      result = await work(request);
    } catch (error) {
      port.postMessage({ ok: false, error: describeFailure(error) } satisfies WorkerAnswer<Result>);
      return;
    }
    port.postMessage({ ok: true, result } satisfies WorkerAnswer<Result>, transferOf(result));
  };
  port.on('message', (request: Request) => void answer(request));
}

function describeFailure(error: unknown): WorkerFailure {
  if (!(error instanceof Error)) return { code: undefined, tspack: false, message: String(error), nextStep: undefined, stack: undefined };
  return {
    code: (error as NodeJS.ErrnoException).code,
    tspack: error instanceof TspackError,
    message: error.message,
    nextStep: error instanceof TspackError ? error.nextStep : undefined,
    stack: error.stack,
  };
}

/** The error that a {@link WorkerFailure} describes. */
export function reviveFailure(failure: WorkerFailure): Error {
  if (failure.tspack && failure.code !== undefined) {
    return new TspackError({ code: failure.code, message: failure.message, nextStep: failure.nextStep });
  }
  const error = new Error(failure.message);
  if (failure.stack !== undefined) error.stack = failure.stack;
  return failure.code === undefined ? error : Object.assign(error, { code: failure.code });
}
