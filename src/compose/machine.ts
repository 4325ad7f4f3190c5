import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { loadConfiguration } from '../configuration/index.ts';
import { packageRoot, systemClock } from '../foundation/index.ts';
import { npmRegistry, readHostSettings } from '../host/index.ts';
import { createHttpClient, readProxySettings } from '../http/index.ts';
import { homeDirectory, openHome, openLocalStore } from '../store/index.ts';
import { ownArchitecture } from './environment.ts';
import { readOwnBuilder } from './own-builder-record.ts';
import type { BuilderRecord } from '../builder/index.ts';
import type { Configuration } from '../configuration/index.ts';
import type { Clock } from '../foundation/index.ts';
import type { HostSettings } from '../host/index.ts';
import type { HttpClient } from '../http/index.ts';
import type { ImagePlatform } from '../oci/index.ts';
import type { Home, LocalStore } from '../store/index.ts';
import type { Environment } from './environment.ts';

/** What every composed part shares: this process' surroundings, opened when first needed. */
export interface Machine {
  readonly environment: Environment;
  readonly clock: Clock;
  readonly version: string;
  readonly uid: number;
  readonly cores: number;
  readonly platform: ImagePlatform;
  readonly directories: {
    readonly builders: string;
    readonly buildpacks: string;
    readonly buildpackSources: string;
    readonly launchers: string;
    readonly lifecycle: string;
    readonly deployments: string;
  };
  /** The builder image in which this process runs. */
  readonly ownBuilder: () => BuilderRecord | undefined;
  readonly homeDirectory: string;
  readonly configuration: () => Configuration;
  readonly home: () => Home;
  readonly store: () => LocalStore;
  readonly http: () => Promise<HttpClient>;
  readonly settings: () => Promise<HostSettings>;
  readonly npmRegistry: () => Promise<string>;
}

export function openMachine(environment: Environment, workingDirectory: string): Machine {
  const root = packageRoot();
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  const uid = process.getuid?.() ?? 0;
  const directory = resolve(workingDirectory, homeDirectory(environment, tmpdir(), uid));
  const home = once(() => openHome(directory));
  const ownBuilder = once(readOwnBuilder);
  const settings = once(() => readHostSettings({ env: environment, cacheDirectory: join(home().cache, 'host') }));
  return {
    environment,
    clock: systemClock,
    version,
    uid,
    cores: availableParallelism(),
    platform: { os: process.platform === 'linux' ? 'linux' : process.platform, architecture: ownArchitecture() },
    directories: {
      builders: join(root, 'builders'),
      buildpacks: join(root, 'dist', 'buildpacks'),
      buildpackSources: join(root, 'buildpacks'),
      launchers: join(root, 'launcher', 'bin'),
      lifecycle: join(root, 'dist', 'lifecycle'),
      deployments: join(root, 'deploy'),
    },
    ownBuilder,
    homeDirectory: directory,
    configuration: once(() => loadConfiguration({ env: environment })),
    home,
    store: once(() => openLocalStore({ directory: home().store, lockDirectory: home().locks })),
    http: once(async () => {
      const { certificates } = await settings();
      // A list of our own replaces Node's, so it is the whole one.
      const ca = certificates.bundle === undefined || !existsSync(certificates.bundle) ? [] : [readFileSync(certificates.bundle, 'utf8')];
      return createHttpClient({ userAgent: `tspack/${version}`, clock: systemClock, proxy: readProxySettings(environment), ca });
    }),
    settings,
    npmRegistry: once(() => {
      const own = ownBuilder();
      return npmRegistry({ env: environment, cacheDirectory: join(home().cache, 'host'), ...(own === undefined ? {} : { command: own.npm }) });
    }),
  };
}

/** Makes a value when it is first asked for, and gives the same one from then on. */
export function once<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | undefined;
  return () => (made ??= { value: make() }).value;
}
