import { TspackError, registerSecret } from '../../foundation/index.ts';

/** A git repository as docker and BuildKit write it: `https://host/repo.git#ref:folder`. */
export interface GitAddress {
  /** What git takes, with the credentials that the user wrote. */
  readonly url: string;
  /** A branch, a tag, a commit or a full name such as `refs/pull/1/head`; absent: what the repository's HEAD says. */
  readonly ref?: string;
  /** Folder of the application in the repository, without slashes around it; absent: its top. */
  readonly folder?: string;
  /** As the user wrote it, without credentials. */
  readonly shown: string;
}

const SCHEME = /^(?:https?|ssh|git|file):\/\//i;
/** `git@host:path`, as ssh has it. A colon behind a slash is part of a path. */
const SCP = /^[\w.-]+@[\w.-]+:(?!\/\/)/;
/** Files that people name by their address: no repository is called so. */
const ARCHIVE = /\.(?:zip|jar|war|tar|tgz|tar\.[a-z0-9]+)$/i;

/** Reads an address; undefined where the text is a path. Throws `SOURCE_ADDRESS_INVALID`. */
export function parseGitAddress(text: string): GitAddress | undefined {
  if (!SCHEME.test(text) && !SCP.test(text)) return undefined;
  const [url, fragment] = splitOnce(text, '#');
  const [ref, folder] = fragment === undefined ? [] : splitOnce(fragment, ':');
  const shown = withoutCredentials(text);
  if (/^https?:/i.test(url) && ARCHIVE.test(url)) {
    throw invalid(shown, 'archives are not downloaded', `Pipe it in: curl -fsSL ${withoutCredentials(url)} | tspack build ... --path -`);
  }
  if (ref?.startsWith('-')) throw invalid(shown, 'no ref begins with "-"', 'Name a branch, a tag or a commit behind "#"');
  const parts = (folder ?? '').split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) throw invalid(shown, 'the folder leads out of the repository', 'Name a folder of the repository behind the colon');
  registerSecrets(url);
  return { url, ...(ref ? { ref } : {}), ...(parts.length === 0 ? {} : { folder: parts.join('/') }), shown };
}

/** People keep tokens in the addresses of remotes, and labels are public. The user of ssh is no secret. */
export function withoutCredentials(url: string): string {
  return url.replace(/^([a-z+]+:\/\/)([^/?#]*)@/i, (_whole, scheme: string, user: string) =>
    /^(?:ssh|git\+ssh):/i.test(scheme) ? `${scheme}${user.split(':')[0]}@` : scheme,
  );
}

/** What git prints may hold the address, in pieces or encoded otherwise. A user name alone is a token, but for ssh. */
function registerSecrets(url: string): void {
  if (!URL.canParse(url)) return;
  const { protocol, username, password } = new URL(url);
  const secret = password === '' && protocol !== 'ssh:' ? username : password;
  for (const form of [secret, decoded(secret)]) registerSecret(form);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function splitOnce(text: string, separator: string): [string, string?] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

function invalid(shown: string, why: string, nextStep: string): TspackError {
  return new TspackError({ code: 'SOURCE_ADDRESS_INVALID', message: `Cannot build "${shown}": ${why}`, nextStep });
}
