import { HttpError } from '../http/index.ts';
import { TspackError } from '../foundation/index.ts';
import type { EventSink, TransferEvent } from '../foundation/index.ts';
import type { ArchiveTransport } from './archive-transport.ts';
import { SET_MIRROR } from './mirrors.ts';
import type { DebianMirrors } from './mirrors.ts';

/** What everything that talks to an archive needs. */
export interface DebianContext {
  readonly transport: ArchiveTransport;
  readonly mirrors: DebianMirrors;
  /** Where verified files are kept, by their SHA-256. Deleting it loses only time. */
  readonly cacheDirectory: string;
  readonly events?: EventSink<TransferEvent>;
  readonly signal?: AbortSignal;
}

/** The part of a context that a download takes. */
export function transferOptions({ events, signal }: DebianContext): Pick<DebianContext, 'events' | 'signal'> {
  return { ...(events === undefined ? {} : { events }), ...(signal === undefined ? {} : { signal }) };
}

/** The HTTP failure that an error is or wraps. */
export function httpFailure(error: unknown): HttpError | undefined {
  if (error instanceof HttpError) return error;
  return error instanceof Error && error.cause instanceof HttpError ? error.cause : undefined;
}

/** Whether a server said that it does not have the file. */
export function isMissing(error: unknown): boolean {
  const status = httpFailure(error)?.status;
  return status === 404 || status === 410;
}

/** Tells which variable to set when the mirror was our own guess; every other error stays as it is. */
export function explainMirrorError(error: unknown, { mirrors }: DebianContext): unknown {
  const failure = httpFailure(error);
  if (failure === undefined || failure.status !== undefined || mirrors.origin === 'environment') return error;
  return new TspackError({
    code: 'DEBIAN_MIRROR_UNREACHABLE',
    message: `Cannot reach the Debian mirror ${mirrors.addresses.debian}, which ${mirrors.origin === 'apt' ? 'the apt configuration names' : 'is the last resort'}: ${failure.message}`,
    nextStep: SET_MIRROR,
    cause: error,
  });
}
