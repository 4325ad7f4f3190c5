import { TspackError, plainLine } from '../foundation/index.ts';
import { HttpError } from '../http/index.ts';
import type { Daemon } from './daemon.ts';

export type DaemonErrorCode = 'DAEMON_UNREACHABLE' | 'DAEMON_REFUSED' | 'DAEMON_LOAD_FAILED' | 'DAEMON_IMAGE_NOT_FOUND' | 'DAEMON_PORT_TAKEN';

/** Characters of what a daemon says that a message repeats. */
export const MAXIMUM_WORDS = 500;

/** The daemon's view of an HTTP failure: what it was asked, and what it said in its `message`. */
export function daemonError(daemon: Pick<Daemon, 'name' | 'address'>, action: string, error: unknown): unknown {
  if (!(error instanceof HttpError)) return error;
  const title = daemonTitle(daemon.name);
  if (error.status === undefined) {
    return new TspackError<DaemonErrorCode>({
      code: 'DAEMON_UNREACHABLE',
      message: `Cannot ${action}: ${title} at ${daemon.address} does not answer: ${error.message}`,
      nextStep: `Check that ${title} is running`,
      cause: error,
    });
  }
  const said = messageOf(error.body);
  const taken = /port is already allocated|address already in use/i.test(said);
  return new TspackError<DaemonErrorCode>({
    code: taken ? 'DAEMON_PORT_TAKEN' : 'DAEMON_REFUSED',
    message: `Cannot ${action}: ${title} answers ${error.status}${said === '' ? '' : `: ${said}`}`,
    nextStep: taken ? 'Choose another port' : undefined,
    cause: error,
  });
}

export function daemonTitle(name: Daemon['name']): string {
  return name === 'docker' ? 'Docker' : 'Podman';
}

/** `{"message": "…"}`, one line without control characters. */
function messageOf(body: string): string {
  let text = body;
  try {
    const { message, cause } = JSON.parse(body) as { message?: unknown; cause?: unknown };
    text = typeof message === 'string' && message !== '' ? message : typeof cause === 'string' ? cause : body;
  } catch {
    // A proxy in between may answer anything.
  }
  return plainLine(text, MAXIMUM_WORDS);
}
