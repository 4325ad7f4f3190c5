import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { registerSecret, type Binding } from '../../../../src/sdk/index.ts';
import { registryUnknown } from '../errors.ts';

/** Lines of an `.npmrc`, `${NAME}` replaced from the environment. */
export type NpmSettings = ReadonlyMap<string, string>;

/** Reads the text of an `.npmrc`. A variable that is not set stays as written, as npm does. */
export function parseNpmrc(text: string, env: Readonly<Record<string, string>>): NpmSettings {
  const settings = new Map<string, string>();
  for (const raw of text.split(/\r?\n/)) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#') || line.startsWith(';')) continue;
    const at = line.indexOf('=');
    if (at === -1) continue;
    const value = line
      .slice(at + 1)
      .trim()
      .replace(/^"(.*)"$/, '$1')
      .replace(/\$\{([^}]+)\}/g, (whole, name: string) => env[name] ?? whole);
    settings.set(line.slice(0, at).trim(), value);
  }
  return settings;
}

/** The user's npm settings, kept out of every layer: a binding of type `npmrc` with a file `.npmrc` (or `npmrc`). */
export function findNpmrcBinding(bindings: readonly Binding[]): { readonly path: string; readonly text: string } | undefined {
  for (const binding of bindings.filter(({ type }) => type === 'npmrc')) {
    for (const key of ['.npmrc', 'npmrc']) {
      const text = binding.read(key);
      if (text !== undefined) return { path: join(binding.directory, key), text };
    }
  }
  return undefined;
}

/** Where packages come from, and how to ask. */
export interface Registry {
  /** Ends in `/`. */
  readonly url: string;
  /** Where the address was found. */
  readonly source: string;
  /** Header fields that the registry of this address wants. */
  headersFor(url: string): Readonly<Record<string, string>>;
}

/** What {@link findRegistry} looks at. */
export interface RegistrySources {
  readonly applicationDirectory: string;
  readonly env: Readonly<Record<string, string>>;
  readonly bindings: readonly Binding[];
  /** Asks npm's own configuration; undefined without npm. */
  readonly askNpm: () => Promise<string | undefined>;
}

/** The registry by the application's `.npmrc`, else a binding, else the environment, else npm itself. Its credentials become registered secrets. */
export async function findRegistry(sources: RegistrySources): Promise<Registry | undefined> {
  const project = readProjectNpmrc(sources.applicationDirectory, sources.env);
  const binding = findNpmrcBinding(sources.bindings);
  const user = binding === undefined ? new Map<string, string>() : parseNpmrc(binding.text, sources.env);
  const found =
    named(project.get('registry'), '.npmrc') ??
    named(user.get('registry'), 'the npmrc binding') ??
    named(sources.env['npm_config_registry'] ?? sources.env['NPM_CONFIG_REGISTRY'], 'npm_config_registry') ??
    named(await sources.askNpm(), 'npm');
  if (found === undefined) return undefined;
  const settings = new Map([...project, ...user]);
  for (const [name, value] of settings) {
    if (/(?:_authToken|_auth|_password)$/.test(name)) registerSecret(value);
  }
  return { url: found.value.endsWith('/') ? found.value : `${found.value}/`, source: found.source, headersFor: (url) => authorizationFor(url, settings) };
}

function named(value: string | undefined, source: string): { value: string; source: string } | undefined {
  return value === undefined || value.trim() === '' ? undefined : { value: value.trim(), source };
}

export function readProjectNpmrc(directory: string, env: Readonly<Record<string, string>>): NpmSettings {
  const file = join(directory, '.npmrc');
  return existsSync(file) ? parseNpmrc(readFileSync(file, 'utf8'), env) : new Map();
}

/** npm keys credentials by the address without its scheme, the longest path that fits first. */
function authorizationFor(url: string, settings: NpmSettings): Readonly<Record<string, string>> {
  const { host, pathname } = new URL(url);
  const parts = pathname.split('/');
  for (let length = parts.length; length > 0; length--) {
    const prefix = `//${host}${parts.slice(0, length).join('/')}`;
    for (const key of [prefix, `${prefix}/`].map((text) => text.replace(/\/+$/, '/'))) {
      const token = settings.get(`${key}:_authToken`);
      if (token !== undefined) return { authorization: `Bearer ${token}` };
      const basic = settings.get(`${key}:_auth`);
      if (basic !== undefined) return { authorization: `Basic ${basic}` };
      const username = settings.get(`${key}:username`);
      const password = settings.get(`${key}:_password`);
      if (username !== undefined && password !== undefined) {
        return { authorization: `Basic ${Buffer.from(`${username}:${Buffer.from(password, 'base64').toString('utf8')}`).toString('base64')}` };
      }
    }
  }
  return {};
}

/** The registry, or the error that says how to name one. */
export function requireRegistry(registry: Registry | undefined): Registry {
  if (registry === undefined) throw registryUnknown();
  return registry;
}
