import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { majorVersion, type BuildContext } from '../../../../../src/sdk/index.ts';
import { isTable } from '../../manifest.ts';
import { parseYamlFile } from '../../yaml-file.ts';
import { findNpmrcBinding, parseNpmrc, type NpmSettings, type Registry } from '../npm-settings.ts';

/** What Yarn is told by its environment. */
export interface BerrySettings extends Disposable {
  readonly linker: 'pnp' | 'node-modules' | 'pnpm';
  readonly env: Readonly<Record<string, string>>;
}

/** Yarn 2 and later read no `.npmrc`: registry and credentials of a binding become a settings file in a home folder of their own. */
export async function openBerrySettings(context: BuildContext, registry: Registry, cache: string, version: string): Promise<BerrySettings> {
  const file = join(context.applicationDirectory, '.yarnrc.yml');
  const value = existsSync(file) ? await parseYamlFile(readFileSync(file, 'utf8'), '.yarnrc.yml') : {};
  const settings = isTable(value) ? value : {};
  const linker = settings['nodeLinker'];
  const binding = findNpmrcBinding(context.bindings);
  const home = binding === undefined ? undefined : mkdtempSync(join(tmpdir(), 'yarn-home-'));
  if (home !== undefined) writeFileSync(join(home, '.yarnrc.yml'), JSON.stringify(yarnSettings(parseNpmrc(binding!.text, context.env))), { mode: 0o600 });
  const host = new URL(registry.url);
  const keepsArchives = existsSync(join(context.applicationDirectory, '.yarn/cache'));
  return {
    linker: linker === 'node-modules' || linker === 'pnpm' ? linker : 'pnp',
    env: {
      YARN_IGNORE_PATH: '1',
      YARN_GLOBAL_FOLDER: cache,
      // Archives that the application has committed are used as they are.
      ...(keepsArchives
        ? { YARN_CACHE_FOLDER: join(context.applicationDirectory, '.yarn/cache'), YARN_ENABLE_GLOBAL_CACHE: 'false' }
        : { YARN_ENABLE_GLOBAL_CACHE: 'true' }),
      YARN_ENABLE_TELEMETRY: 'false',
      YARN_ENABLE_PROGRESS_BARS: 'false',
      YARN_ENABLE_HYPERLINKS: 'false',
      // Yarn refuses settings that it does not know.
      ...(majorVersion(version) >= 4 ? { YARN_ENABLE_HARDENED_MODE: 'false' } : {}),
      ...(settings['npmRegistryServer'] === undefined ? { YARN_NPM_REGISTRY_SERVER: registry.url.replace(/\/$/, '') } : {}),
      ...(host.protocol === 'http:' ? { YARN_UNSAFE_HTTP_WHITELIST: host.hostname } : {}),
      ...(context.downloads.offline ? { YARN_ENABLE_NETWORK: 'false' } : {}),
      ...proxies(context.env),
      ...(home === undefined ? {} : { HOME: home }),
    },
    [Symbol.dispose]() {
      if (home !== undefined) rmSync(home, { recursive: true, force: true });
    },
  };
}

/** The settings of an `.npmrc` that Yarn has as well: registries, those of scopes, and credentials. */
export function yarnSettings(npmrc: NpmSettings): Readonly<Record<string, unknown>> {
  const registries: Record<string, Record<string, unknown>> = {};
  const scopes: Record<string, Record<string, unknown>> = {};
  for (const [name, value] of npmrc) {
    const scope = /^@([^:]+):registry$/.exec(name)?.[1];
    if (scope !== undefined) scopes[scope] = { npmRegistryServer: value };
    const [, address, key] = /^(\/\/.+?)\/?:(_authToken|_auth)$/.exec(name) ?? [];
    if (address === undefined) continue;
    registries[address] =
      key === '_authToken'
        ? { npmAuthToken: value, npmAlwaysAuth: true }
        : { npmAuthIdent: Buffer.from(value, 'base64').toString('utf8'), npmAlwaysAuth: true };
  }
  const registry = npmrc.get('registry');
  return { ...(registry === undefined ? {} : { npmRegistryServer: registry }), npmRegistries: registries, npmScopes: scopes };
}

function proxies(env: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const http = env['http_proxy'] ?? env['HTTP_PROXY'];
  const https = env['https_proxy'] ?? env['HTTPS_PROXY'];
  return {
    ...(http === undefined || http === '' ? {} : { YARN_HTTP_PROXY: http }),
    ...(https === undefined || https === '' ? {} : { YARN_HTTPS_PROXY: https }),
  };
}
