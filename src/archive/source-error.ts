import { TspackError, hasSystemCode } from '../foundation/index.ts';
import { toText } from './byte-string.ts';
import type { ByteString } from './byte-string.ts';

/** Runs a file call on `source`; what the file system refuses becomes an error that names the file. */
export function reading<T>(source: ByteString, call: () => T): T {
  try {
    return call();
  } catch (error) {
    if (hasSystemCode(error, 'EACCES', 'EPERM')) throw sourceUnreadable(source, 'permission denied', error);
    // What the walk has just seen is gone or has become something else.
    if (hasSystemCode(error, 'ENOENT', 'ENOTDIR', 'ELOOP')) throw sourceChanged(source, 'it was removed or replaced', error);
    throw error;
  }
}

export function sourceUnreadable(source: ByteString, why: string, cause?: unknown): TspackError {
  return new TspackError({
    code: 'TAR_SOURCE_UNREADABLE',
    message: `Cannot read ${JSON.stringify(toText(source))} for a layer: ${why}`,
    nextStep: 'Make the file readable for the user that runs the build',
    cause,
  });
}

export function sourceChanged(source: ByteString, how: string, cause?: unknown): TspackError {
  return new TspackError({
    code: 'TAR_SOURCE_CHANGED',
    message: `Cannot read ${JSON.stringify(toText(source))} for a layer: ${how} meanwhile`,
    nextStep: 'Stop what is writing to the folder and build again',
    cause,
  });
}
