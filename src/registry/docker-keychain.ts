import { hasSystemCode, runProcess } from '../foundation/index.ts';
import type { EventSink } from '../foundation/index.ts';
import { readDockerConfig, secret } from './docker-config.ts';
import { canonicalRegistry } from './keychain.ts';
import type { Credential, Keychain } from './keychain.ts';
import type { DockerConfig } from './docker-config.ts';

/** A credential helper that is configured but does not work: access goes on without it. */
export interface CredentialHelperEvent {
  readonly kind: 'credential-helper-failed';
  readonly helper: string;
  readonly registry: string;
  readonly reason: string;
}

/** Runs `docker-credential-<name> get`, or `store` or `erase`, with this on standard input: the server's name, or a login to store. */
export type RunHelper = (
  name: string,
  input: string,
  action?: 'get' | 'store' | 'erase',
) => Promise<{ readonly exitCode: number | undefined; readonly stdout: string; readonly stderr: string }>;

export interface DockerKeychainOptions {
  /** Paths, as `credentialFiles` lists them. Read when first needed; missing ones are skipped. */
  readonly files: readonly string[];
  readonly runHelper: RunHelper;
  readonly events?: EventSink<CredentialHelperEvent>;
}

/**
 * Credentials as `docker login` and `podman login` leave them: in each file, the helper for the registry, else the
 * default helper, else the file's own entries. The most specific entry wins (`host/name/space` before `host`).
 * `find` throws `REGISTRY_AUTH_INVALID` when a file cannot be read.
 */
export function createDockerKeychain(options: DockerKeychainOptions): Keychain {
  let configs: readonly DockerConfig[] | undefined;
  const asked = new Map<string, Promise<Credential | undefined>>();

  function ask(helper: string, registry: string): Promise<Credential | undefined> {
    const key = `${helper} ${registry}`;
    const answer = asked.get(key) ?? askHelper(options, helper, registry);
    asked.set(key, answer);
    return answer;
  }

  return {
    async find(registry, repository) {
      configs ??= options.files.map(readDockerConfig).filter((config) => config !== undefined);
      const host = canonicalRegistry(registry);
      for (const config of configs) {
        const helper = config.helpers.get(host) ?? config.store;
        const fromHelper = helper === undefined ? undefined : await ask(helper, host);
        const found = fromHelper ?? lookUp(config.credentials, host, repository);
        if (found !== undefined) return found;
      }
      return undefined;
    },
  };
}

/** Runs helpers from the PATH of `env`. */
export function createHelperRunner(env: Readonly<Record<string, string>>): RunHelper {
  return (name, input, action = 'get') => runProcess([`docker-credential-${name}`, action], { env, input, timeoutMilliseconds: 30_000 });
}

function lookUp(credentials: ReadonlyMap<string, Credential>, host: string, repository: string): Credential | undefined {
  const parts = repository.split('/');
  for (let length = parts.length; length >= 0; length--) {
    const found = credentials.get([host, ...parts.slice(0, length)].join('/'));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** What Docker calls a registry in its file and to helpers: its Hub has an address there, and no other name. */
export function helperServer(host: string): string {
  return host === 'index.docker.io' ? 'https://index.docker.io/v1/' : host;
}

/** The helpers' protocol: `docker-credential-helpers`, README "Development". */
async function askHelper({ runHelper, events }: DockerKeychainOptions, helper: string, registry: string): Promise<Credential | undefined> {
  const program = `docker-credential-${helper}`;
  const fail = (reason: string) => {
    events?.({ kind: 'credential-helper-failed', helper: program, registry, reason });
    return undefined;
  };
  // A helper's name becomes part of a program's name: nothing but a plain name may.
  if (!/^[A-Za-z0-9._-]+$/.test(helper)) return fail('its name is not a program name');
  const server = helperServer(registry);
  try {
    const { exitCode, stdout, stderr } = await runHelper(helper, server);
    if (exitCode !== 0) {
      const said = `${stdout}${stderr}`.trim();
      return /credentials not found/i.test(said) ? undefined : fail(said.split('\n')[0] || `it ends with exit code ${exitCode}`);
    }
    const { Username, Secret } = JSON.parse(stdout) as { Username?: unknown; Secret?: unknown };
    if (typeof Username !== 'string' || typeof Secret !== 'string' || Secret === '') return undefined;
    if (Username === '<token>') return secret({ kind: 'identity-token', token: Secret, source: program });
    return secret({ kind: 'basic', username: Username, password: Secret, source: program });
  } catch (error) {
    if (error instanceof SyntaxError) return fail('its answer is not JSON');
    return fail(hasSystemCode(error, 'PROCESS_NOT_FOUND') ? 'it is not installed' : (error as Error).message);
  }
}
