import { RegistryError } from './registry-error.ts';
import { connectRegistry } from './connection.ts';
import { secret } from './docker-config.ts';
import type { ConnectionOptions } from './connection.ts';

/**
 * Asks a registry whether it takes a login (`GET /v2/`). A registry without logins takes every one. Throws
 * {@link RegistryError}.
 */
export async function checkLogin(
  registry: string,
  { username, password }: { readonly username: string; readonly password: string },
  options: Omit<ConnectionOptions, 'keychain'>,
): Promise<void> {
  const credential = secret({ kind: 'basic', username, password, source: 'tspack login' });
  const connection = await connectRegistry(registry, { ...options, keychain: { find: () => Promise.resolve(credential) } });
  try {
    const response = await connection.send({ url: '/v2/', scopes: [], verb: 'log in to', target: registry });
    await response.discard();
  } catch (error) {
    if (!(error instanceof RegistryError) || error.code !== 'REGISTRY_UNAUTHORIZED') throw error;
    const { status, diagnostics } = error;
    throw new RegistryError({
      code: 'REGISTRY_UNAUTHORIZED',
      message: `Cannot log in to ${registry}: it refuses user "${username}" with this password`,
      nextStep: 'Check both; many registries want an access token instead of a password',
      registry,
      status,
      diagnostics,
      user: username,
      cause: error,
    });
  }
}
