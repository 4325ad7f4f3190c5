import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { TspackError, hasSystemCode, writeFileAtomic } from '../foundation/index.ts';
import { parseDockerConfig } from './docker-config.ts';
import { helperServer } from './docker-keychain.ts';
import { canonicalRegistry } from './keychain.ts';
import type { RunHelper } from './docker-keychain.ts';

/** Where a login was written to or taken from. */
export interface LoginPlace {
  /** A file, or the name of a helper program. */
  readonly place: string;
  /** Whether the password can be read by whoever can read the file. */
  readonly plainText: boolean;
}

export interface DockerLoginOptions {
  /** Docker's config.json; made when it is not there. Everything else in it stays. */
  readonly file: string;
  readonly runHelper: RunHelper;
}

/** The file that `docker login` writes; undefined for a user without a home. */
export function dockerConfigFile(env: Readonly<Record<string, string | undefined>>): string | undefined {
  if (env.DOCKER_CONFIG) return join(env.DOCKER_CONFIG, 'config.json');
  return env.HOME ? join(env.HOME, '.docker', 'config.json') : undefined;
}

/**
 * Keeps a login as Docker does: by the credential helper that the file names for the registry or for all, else in the
 * file itself. Throws `REGISTRY_AUTH_INVALID`, `CREDENTIAL_HELPER_FAILED`.
 */
export async function storeLogin(
  registry: string,
  login: { readonly username: string; readonly password: string },
  options: DockerLoginOptions,
): Promise<LoginPlace> {
  const { host, server, helper, config } = readLogins(registry, options);
  const auths = { ...objectOf(config.auths) };
  for (const key of keysOf(auths, host)) delete auths[key];
  if (helper !== undefined) {
    const { username: Username, password: Secret } = login;
    await runHelper(helper, 'store', JSON.stringify({ ServerURL: server, Username, Secret }), options);
    writeConfig(options.file, { ...config, auths: { ...auths, [server]: {} } });
    return { place: `docker-credential-${helper}`, plainText: false };
  }
  const auth = Buffer.from(`${login.username}:${login.password}`).toString('base64');
  writeConfig(options.file, { ...config, auths: { ...auths, [server]: { auth } } });
  return { place: options.file, plainText: true };
}

/** Forgets a login; undefined when there is none. Throws as {@link storeLogin} does. */
export async function eraseLogin(registry: string, options: DockerLoginOptions): Promise<LoginPlace | undefined> {
  const { host, server, helper, config } = readLogins(registry, options);
  const auths = { ...objectOf(config.auths) };
  const keys = keysOf(auths, host);
  if (keys.length === 0) return undefined;
  if (helper !== undefined) await runHelper(helper, 'erase', server, options);
  for (const key of keys) delete auths[key];
  writeConfig(options.file, { ...config, auths });
  return helper === undefined ? { place: options.file, plainText: true } : { place: `docker-credential-${helper}`, plainText: false };
}

function readLogins(registry: string, { file }: DockerLoginOptions) {
  const host = canonicalRegistry(registry);
  const text = readText(file);
  const { helpers, store } = parseDockerConfig(text, file);
  const config = text.trim() === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
  return { host, server: helperServer(host), helper: helpers.get(host) ?? store, config };
}

function readText(file: string): string {
  try {
    return existsSync(file) ? readFileSync(file, 'utf8') : '';
  } catch (error) {
    throw unusable(file, 'read', error);
  }
}

/** Keys may be addresses: those that mean the host and no namespace below it. */
function keysOf(auths: Readonly<Record<string, unknown>>, host: string): readonly string[] {
  return Object.keys(auths).filter((key) => canonicalRegistry(key.replace(/^https?:\/\//, '').replace(/\/(?:v[12]\/?)?$/, '')) === host);
}

function objectOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

/** A link, as people keep their configuration elsewhere, stays one. */
function writeConfig(file: string, config: Readonly<Record<string, unknown>>): void {
  try {
    writeFileAtomic(existsSync(file) ? realpathSync(file) : file, `${JSON.stringify(config, undefined, '\t')}\n`, 0o600);
  } catch (error) {
    throw unusable(file, 'write', error);
  }
}

function unusable(file: string, verb: string, error: unknown): unknown {
  if (!hasSystemCode(error, 'EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EISDIR', 'EEXIST')) return error;
  const { code } = error;
  return new TspackError({
    code: 'REGISTRY_AUTH_INVALID',
    message: `Cannot ${verb} ${file}: ${code}`,
    nextStep: 'Set DOCKER_CONFIG to a folder that you may write to',
    cause: error,
  });
}

async function runHelper(helper: string, action: 'store' | 'erase', input: string, options: DockerLoginOptions): Promise<void> {
  const program = `docker-credential-${helper}`;
  const failed = (why: string, cause?: unknown) =>
    new TspackError({
      code: 'CREDENTIAL_HELPER_FAILED',
      message: `Cannot ${action} the login with ${program}: ${why}`,
      nextStep: `Install ${program}, or take it out of ${options.file}`,
      cause,
    });
  if (!/^[A-Za-z0-9._-]+$/.test(helper)) throw failed('its name is not a program name');
  const { exitCode, stdout, stderr } = await options.runHelper(helper, input, action).catch((error: unknown) => {
    throw failed(hasSystemCode(error, 'PROCESS_NOT_FOUND') ? 'it is not installed' : (error as Error).message, error);
  });
  if (exitCode !== 0) throw failed(`${stdout}${stderr}`.trim().split('\n')[0] || `it ends with exit code ${exitCode}`);
}
