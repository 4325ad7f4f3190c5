import { TspackError, registerSecret } from '../foundation/index.ts';
import { canonicalRegistry } from './keychain.ts';
import type { Credential, Keychain } from './keychain.ts';

const VARIABLE = 'CNB_REGISTRY_AUTH';

/**
 * Reads `CNB_REGISTRY_AUTH`, a JSON object from registry to `Authorization` header, `Basic …` or `Bearer …`
 * (platform.md#registry-authentication, CNB.md C007). Throws `REGISTRY_AUTH_INVALID`.
 */
export function createEnvironmentKeychain(text: string): Keychain {
  const invalid = (why: string, cause?: unknown) =>
    new TspackError({
      code: 'REGISTRY_AUTH_INVALID',
      message: `Cannot read ${VARIABLE}: ${why}`,
      nextStep: `Set ${VARIABLE} to JSON such as {"registry.example.com": "Basic <base64 of user:password>"}`,
      cause,
    });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw invalid('it is not JSON', cause);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid('want a JSON object');
  const credentials = new Map<string, Credential>();
  for (const [registry, header] of Object.entries(value)) {
    const credential = typeof header === 'string' ? parseAuthorization(header) : undefined;
    if (credential === undefined) throw invalid(`the value for "${registry}" is neither "Basic …" nor "Bearer …"`);
    credentials.set(canonicalRegistry(registry), credential);
  }
  return { find: async (registry) => credentials.get(canonicalRegistry(registry)) };
}

function parseAuthorization(header: string): Credential | undefined {
  const [, scheme, value] = /^(basic|bearer)\s+(\S+)$/i.exec(header.trim()) ?? [];
  if (scheme === undefined || value === undefined) return undefined;
  registerSecret(value);
  if (scheme.toLowerCase() === 'bearer') return { kind: 'bearer', token: value, source: VARIABLE };
  const pair = parseBasic(value);
  return pair === undefined ? undefined : { kind: 'basic', ...pair, source: VARIABLE };
}

/** The two halves of base64 of `user:password`, or undefined. */
export function parseBasic(encoded: string): { readonly username: string; readonly password: string } | undefined {
  // Some tools pad the text with NUL bytes.
  const text = Buffer.from(encoded, 'base64').toString('utf8').replace(/\0+$/, '');
  const colon = text.indexOf(':');
  if (colon <= 0) return undefined;
  const password = text.slice(colon + 1);
  registerSecret(password);
  return { username: text.slice(0, colon), password };
}
