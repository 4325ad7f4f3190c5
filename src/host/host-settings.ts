import { existsSync, realpathSync } from 'node:fs';
import { registerSecret } from '../foundation/index.ts';
import { readHostCertificates } from './certificates.ts';
import { writeHostNames } from './host-names.ts';
import type { HostCertificates } from './certificates.ts';

/** What builds and runs take over from this machine. */
export interface HostSettings {
  readonly certificates: HostCertificates;
  /** The file behind `/etc/resolv.conf`, with links followed. */
  readonly resolvConf: string | undefined;
  readonly hosts: string | undefined;
  /** Those of the six usual proxy variables that are set. */
  readonly proxy: Readonly<Record<string, string>>;
}

export interface HostOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** For what is remembered between runs. */
  readonly cacheDirectory: string;
}

const PROXY_VARIABLES = ['http_proxy', 'HTTP_PROXY', 'https_proxy', 'HTTPS_PROXY', 'no_proxy', 'NO_PROXY'];

/** Reads the settings. Passwords of proxies are redacted from then on. */
export async function readHostSettings({ env, cacheDirectory }: HostOptions): Promise<HostSettings> {
  const proxy = Object.fromEntries(
    PROXY_VARIABLES.flatMap((name) => {
      const value = env[name];
      return value === undefined || value === '' ? [] : [[name, value]];
    }),
  ) as Record<string, string>;
  for (const value of Object.values(proxy)) registerProxyPassword(value);
  return {
    certificates: await readHostCertificates({ env, cacheDirectory }),
    resolvConf: realFile('/etc/resolv.conf'),
    hosts: writeHostNames(cacheDirectory),
    proxy,
  };
}

function registerProxyPassword(value: string): void {
  const password = /^[a-z]+:\/\/[^:@/]*:([^@/]+)@/iu.exec(value)?.[1];
  if (password !== undefined) registerSecret(password);
}

function realFile(path: string): string | undefined {
  return existsSync(path) ? realpathSync(path) : undefined;
}
