import { TspackError } from '../../foundation/index.ts';
import type { GitAddress } from './address.ts';

/** git could not fetch from a repository. */
export class SourceFetchError extends TspackError<'SOURCE_FETCH_FAILED'> {
  /** Whether the same command may succeed later. */
  readonly transient: boolean;

  constructor(options: { readonly message: string; readonly nextStep: string; readonly transient: boolean }) {
    super({ code: 'SOURCE_FETCH_FAILED', message: options.message, nextStep: options.nextStep });
    this.transient = options.transient;
  }
}

const UNAUTHORIZED = /could not read (?:Username|Password)|terminal prompts disabled|Authentication failed|Permission denied|returned error: 40[13]/i;
const UNKNOWN_HOST_KEY = /Host key verification failed|authenticity of host/i;
const MISSING = /repository .*not found|not found|does not exist|does not appear to be a git repository|returned error: 404|not a git repository/i;
const AWAY =
  /Could not resolve host|Temporary failure in name resolution|timed out|Connection (?:refused|reset|closed)|Failed to connect|Couldn't connect|early EOF|unexpected disconnect|Operation too slow|returned error: (?:429|5\d\d)/i;

/** What git printed as one error. Its words are stable under `LC_ALL=C`, its exit code is always 128. */
export function gitError({ shown }: GitAddress, stderr: string): TspackError {
  const why = lastWords(stderr);
  if (UNKNOWN_HOST_KEY.test(stderr)) {
    return unauthorized(
      shown,
      'the key of the server is not known',
      'Add it to ~/.ssh/known_hosts, as "ssh-keyscan HOST" prints it, after you have checked it',
    );
  }
  if (UNAUTHORIZED.test(stderr)) {
    return unauthorized(
      shown,
      'the server wants other credentials, or the repository does not exist',
      'Give git credentials without a prompt: a credential helper, a key in the ssh agent, or a token in the address',
    );
  }
  if (AWAY.test(stderr)) {
    return new SourceFetchError({
      message: `Cannot fetch "${shown}": ${why}`,
      nextStep: 'Check the address and the network, and the proxy in HTTPS_PROXY if this network needs one',
      transient: !/Could not resolve host/i.test(stderr),
    });
  }
  if (MISSING.test(stderr)) {
    return new TspackError({
      code: 'SOURCE_NOT_FOUND',
      message: `Cannot fetch "${shown}": there is no such git repository (${why})`,
      nextStep: 'Correct the address: what "git clone" takes, then "#" with a branch, tag or commit, then ":" with a folder',
    });
  }
  return new SourceFetchError({ message: `Cannot fetch "${shown}": ${why}`, nextStep: 'Try "git ls-remote" with the same address', transient: false });
}

function unauthorized(shown: string, why: string, nextStep: string): TspackError {
  return new TspackError({ code: 'SOURCE_UNAUTHORIZED', message: `Cannot fetch "${shown}": ${why}`, nextStep });
}

/** The line that says why: of ssh, else git's own, which begins with `fatal:`; advice and what the server says stand around it. */
function lastWords(stderr: string): string {
  const lines = stderr
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const line =
    lines.find((each) => each.startsWith('ssh: ')) ??
    lines.find((each) => each.startsWith('fatal: ')) ??
    lines.findLast((each) => each.startsWith('error: ')) ??
    lines.at(-1) ??
    'git failed without a word';
  return line.replace(/^(?:fatal|error): /, '').replace(/\.$/, '');
}
