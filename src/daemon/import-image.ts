import { TspackError, plainLine } from '../foundation/index.ts';
import type { Daemon } from './daemon.ts';
import { MAXIMUM_WORDS, daemonError, daemonTitle } from './daemon-error.ts';
import type { DaemonErrorCode } from './daemon-error.ts';
import { readJsonLines } from './json-lines.ts';

/** `repository:tag`, with a host in front so that neither Docker nor Podman looks for it elsewhere. */
export interface LocalImageName {
  readonly repository: string;
  readonly tag: string;
}

/** Unpacking a large image is silent for long. */
const IMPORT_MILLISECONDS = 600_000;

/** Whether the daemon has an image. Throws `DAEMON_UNREACHABLE`, `DAEMON_REFUSED`. */
export async function hasDaemonImage(daemon: Daemon, { repository, tag }: LocalImageName, signal?: AbortSignal): Promise<boolean> {
  try {
    const abort = signal === undefined ? {} : { signal };
    const response = await daemon.http.request({ url: `${daemon.url}/images/${repository}:${tag}/json`, expect: [404], ...abort });
    await response.discard();
    return response.status !== 404;
  } catch (error) {
    throw daemonError(daemon, `look up image ${repository}:${tag}`, error);
  }
}

/**
 * Makes an image of one layer from the tar of a root file system, as it is read: nothing is kept here (Engine API
 * `/images/create`). Throws `DAEMON_UNREACHABLE`, `DAEMON_REFUSED`, `DAEMON_LOAD_FAILED`, and what the source throws.
 */
export async function importDaemonImage(daemon: Daemon, name: LocalImageName, openTar: () => AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<void> {
  const action = `load image ${name.repository}:${name.tag}`;
  // Podman 4 does not read a tag of its own.
  const query = new URLSearchParams({ fromSrc: '-', repo: `${name.repository}:${name.tag}` });
  try {
    const response = await daemon.http.request({
      method: 'POST',
      url: `${daemon.url}/images/create?${query.toString()}`,
      headers: { 'content-type': 'application/x-tar' },
      body: { open: openTar },
      idleTimeoutMilliseconds: IMPORT_MILLISECONDS,
      ...(signal === undefined ? {} : { signal }),
    });
    // Daemons report a failed unpacking inside a 200 answer.
    for await (const line of readJsonLines(response.bytes())) {
      const { error } = line as { readonly error?: unknown };
      if (typeof error === 'string') throw failed(daemon, action, plainLine(error, MAXIMUM_WORDS));
    }
  } catch (error) {
    throw daemonError(daemon, action, error);
  }
  if (!(await hasDaemonImage(daemon, name, signal))) throw failed(daemon, action, 'it says that it did, but does not have it');
}

function failed(daemon: Daemon, action: string, why: string): TspackError {
  return new TspackError<DaemonErrorCode>({
    code: 'DAEMON_LOAD_FAILED',
    message: `Cannot ${action}: ${daemonTitle(daemon.name)} fails: ${why}`,
    nextStep: /no space left/i.test(why) ? `Free some of the disk space of ${daemonTitle(daemon.name)}` : undefined,
  });
}
