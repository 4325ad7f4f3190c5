import { join } from 'node:path';
import { registerSecret, type Binding, type BuildContext } from '../../../src/sdk/index.ts';

/**
 * The user's settings for pip as variables. Bindings win: type `pip` with a file `pip.conf`, type `netrc` with a file `.netrc` (or
 * `netrc`). Passwords in them, and in addresses of the environment, become registered secrets; nothing of them enters a layer.
 */
export function pipSettings(context: Pick<BuildContext, 'bindings' | 'env'>): Readonly<Record<string, string>> {
  const configuration = findFile(context.bindings, 'pip', ['pip.conf', 'pip.ini']);
  const netrc = findFile(context.bindings, 'netrc', ['.netrc', 'netrc']);
  for (const text of [configuration?.text ?? '', ...Object.values(context.env).filter((value) => value.includes('://'))]) registerAddressSecrets(text);
  for (const [, password] of (netrc?.text ?? '').matchAll(/\bpassword\s+(\S+)/g)) registerSecret(password!);
  return {
    ...(configuration === undefined ? {} : { PIP_CONFIG_FILE: configuration.path }),
    ...(netrc === undefined ? {} : { NETRC: netrc.path }),
  };
}

/** pip's variables that change what is installed, without addresses, secrets and places: an input of the layers. */
export function pipVariables(env: Readonly<Record<string, string>>): readonly (readonly [string, string])[] {
  return Object.entries(env)
    .filter(
      ([name]) =>
        name.startsWith('PIP_') && !/INDEX|FIND_LINKS|CERT|HOST|PROXY|CACHE|CONFIG|TIMEOUT|RETRIES|LOG|QUIET|VERBOSE|PROGRESS|VERSION_CHECK/.test(name),
    )
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

function findFile(bindings: readonly Binding[], type: string, keys: readonly string[]): { readonly path: string; readonly text: string } | undefined {
  for (const binding of bindings.filter((one) => one.type === type)) {
    for (const key of keys) {
      const text = binding.read(key);
      if (text !== undefined) return { path: join(binding.directory, key), text };
    }
  }
  return undefined;
}

function registerAddressSecrets(text: string): void {
  for (const [, user, password] of text.matchAll(/:\/\/([^/\s:@]*)(?::([^/\s@]*))?@/g)) {
    for (const secret of password === undefined ? [user!] : [password]) if (secret !== '') for (const form of [secret, decode(secret)]) registerSecret(form);
  }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
