import { once } from 'node:events';
import { TspackError } from '../index.ts';

/** Writes a stream of bytes as fast as it is read. Throws `OUTPUT_CLOSED` when the reader goes away before the end. */
export async function pipeOut(source: AsyncIterable<Uint8Array>, target: NodeJS.WriteStream): Promise<void> {
  const failed = { error: undefined as Error | undefined };
  const onError = (error: Error) => (failed.error ??= error);
  target.on('error', onError);
  const check = () => {
    if (failed.error === undefined && !target.destroyed) return;
    throw new TspackError({
      code: 'OUTPUT_CLOSED',
      message: `Cannot write all of it to standard output: ${(failed.error as NodeJS.ErrnoException | undefined)?.code === 'EPIPE' || failed.error === undefined ? 'its reader has gone away' : failed.error.message}`,
      cause: failed.error,
    });
  };
  try {
    for await (const chunk of source) {
      check();
      if (!target.write(chunk)) await untilWritable(target).catch(onError);
    }
    await new Promise<void>((resolve) => target.write('', () => resolve()));
    check();
  } finally {
    target.off('error', onError);
  }
}

/** Leaves no listener behind: a large archive waits thousands of times. */
async function untilWritable(target: NodeJS.WriteStream): Promise<void> {
  const stop = new AbortController();
  const { signal } = stop;
  try {
    await Promise.race([once(target, 'drain', { signal }), once(target, 'close', { signal })]);
  } finally {
    stop.abort();
  }
}
