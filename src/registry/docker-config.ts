import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TspackError, hasSystemCode, registerSecret } from '../foundation/index.ts';
import { parseBasic } from './environment-keychain.ts';
import { canonicalRegistry } from './keychain.ts';
import type { Credential } from './keychain.ts';

/** The parts of Docker's `config.json` and of Podman's `auth.json` that are about credentials. */
export interface DockerConfig {
  readonly path: string;
  /** By `host` or `host/name/space`, Docker Hub as `index.docker.io`. */
  readonly credentials: ReadonlyMap<string, Credential>;
  /** Names of helper programs by host. */
  readonly helpers: ReadonlyMap<string, string>;
  /** The helper for every other host. */
  readonly store: string | undefined;
}

/**
 * Where Docker and Podman keep credentials, the one that counts more first: `$DOCKER_CONFIG/config.json` or
 * `~/.docker/config.json`, `$DOCKER_CONFIG/.dockerconfigjson` (a mounted Kubernetes secret), then `$REGISTRY_AUTH_FILE`, `$XDG_RUNTIME_DIR/containers/auth.json` and
 * `~/.config/containers/auth.json`.
 */
export function credentialFiles(env: Readonly<Record<string, string | undefined>>, home: string | undefined): readonly string[] {
  const docker = env.DOCKER_CONFIG || (home === undefined ? undefined : join(home, '.docker'));
  const config = env.XDG_CONFIG_HOME || (home === undefined ? undefined : join(home, '.config'));
  const files = [
    docker === undefined ? undefined : join(docker, 'config.json'),
    env.DOCKER_CONFIG ? join(env.DOCKER_CONFIG, '.dockerconfigjson') : undefined,
    env.REGISTRY_AUTH_FILE || undefined,
    env.XDG_RUNTIME_DIR ? join(env.XDG_RUNTIME_DIR, 'containers', 'auth.json') : undefined,
    config === undefined ? undefined : join(config, 'containers', 'auth.json'),
  ];
  return [...new Set(files.filter((file) => file !== undefined))];
}

/** Reads such a file; undefined when there is none. Throws `REGISTRY_AUTH_INVALID`. */
export function readDockerConfig(path: string): DockerConfig | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (hasSystemCode(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw invalid(path, `it cannot be opened (${(error as NodeJS.ErrnoException).code})`, error);
  }
  return parseDockerConfig(text, path);
}

export function parseDockerConfig(text: string, path: string): DockerConfig {
  let value: unknown;
  try {
    value = text.trim() === '' ? {} : JSON.parse(text);
  } catch (error) {
    // The parser's own message quotes the text, which holds passwords.
    throw invalid(path, 'it is not JSON', error instanceof SyntaxError ? undefined : error);
  }
  const config = objectOf(value);
  if (config === undefined) throw invalid(path, 'want a JSON object');
  const credentials = new Map<string, Credential>();
  for (const [key, entry] of Object.entries(objectOf(config.auths) ?? {})) {
    const credential = parseEntry(objectOf(entry) ?? {}, path);
    if (credential !== undefined) credentials.set(normalKey(key), credential);
  }
  const helpers = new Map<string, string>();
  for (const [key, name] of Object.entries(objectOf(config.credHelpers) ?? {})) {
    if (typeof name === 'string' && name !== '') helpers.set(normalKey(key), name);
  }
  const store = typeof config.credsStore === 'string' && config.credsStore !== '' ? config.credsStore : undefined;
  return { path, credentials, helpers, store };
}

function parseEntry(entry: Record<string, unknown>, source: string): Credential | undefined {
  const text = (key: string) => (typeof entry[key] === 'string' && entry[key] !== '' ? entry[key] : undefined);
  const registryToken = text('registrytoken');
  if (registryToken !== undefined) return secret({ kind: 'bearer', token: registryToken, source });
  const identityToken = text('identitytoken');
  if (identityToken !== undefined) return secret({ kind: 'identity-token', token: identityToken, source });
  const username = text('username');
  const password = text('password');
  if (username !== undefined && password !== undefined) return secret({ kind: 'basic', username, password, source });
  const auth = text('auth');
  const pair = auth === undefined ? undefined : parseBasic(auth);
  return pair === undefined ? undefined : { kind: 'basic', ...pair, source };
}

/** Remembers the secret part, so that it is never shown. */
export function secret<Found extends Credential>(credential: Found): Found {
  registerSecret(credential.kind === 'basic' ? credential.password : credential.token);
  return credential;
}

/** `https://host/v1/` and `host` are the same; Podman's keys may go on with a namespace. */
function normalKey(key: string): string {
  const [host = '', ...path] = key
    .replace(/^https?:\/\//, '')
    .split('/')
    .filter((part) => part !== '');
  const namespace = /^https?:/.test(key) || path[0] === 'v1' || path[0] === 'v2' ? [] : path;
  return [canonicalRegistry(host), ...namespace].join('/');
}

function objectOf(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
}

function invalid(path: string, why: string, cause?: unknown): TspackError {
  return new TspackError({
    code: 'REGISTRY_AUTH_INVALID',
    message: `Cannot read registry credentials from ${path}: ${why}`,
    nextStep: `Repair or remove ${path}`,
    cause,
  });
}
