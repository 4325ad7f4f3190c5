import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import { createHttpClient } from '../../src/http/index.ts';
import { formatFamiliarReference, parseImageReference, withDigest } from '../../src/oci/index.ts';
import type { Image } from '../../src/oci/index.ts';
import { rebase } from '../../src/platform/index.ts';
import type { BuildEvent, RebaseOptions, RebasePorts, RebaseResult, RebasedImage } from '../../src/platform/index.ts';
import { ANONYMOUS, createRegistryStore } from '../../src/registry/index.ts';
import type { RegistryStore } from '../../src/registry/index.ts';
import { openHome, openLocalStore } from '../../src/store/index.ts';
import type { LocalStore } from '../../src/store/index.ts';
import { RUN_NAME } from './rebase-fixture.ts';

export interface RanRebase {
  /** With the members of the first image. */
  readonly result: RebaseResult & RebasedImage;
  readonly events: readonly BuildEvent[];
  readonly messages: readonly string[];
}

export interface RebaseSituation {
  /** New for each test. */
  readonly directory: string;
  readonly store: LocalStore;
  /** What Docker holds. */
  readonly daemon: LocalStore;
  /** Registries are those of this machine's loopback interface; any other is refused at once. */
  readonly registry: () => RegistryStore;
  readonly run: (options: Partial<RebaseOptions>, more?: Partial<RebasePorts>) => Promise<RanRebase>;
  /** A run image with the name of the fixtures stands for the bundled one, of each platform the one that is for it. */
  readonly bundled: (...images: readonly Image[]) => Partial<RebasePorts>;
}

const clock = { now: () => new Date(0) };

/** Stores, a daemon and registries for the rebases of one test file. */
export function rebaseSituation(): RebaseSituation {
  let directory = '';
  let store: LocalStore;
  let daemon: LocalStore;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'tspack-rebase-'));
    store = openLocalStore({ directory: join(directory, 'store'), lockDirectory: join(directory, 'locks') });
    daemon = openLocalStore({ directory: join(directory, 'daemon'), lockDirectory: join(directory, 'locks') });
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  function registry(): RegistryStore {
    const http = createHttpClient({ userAgent: 'test', clock });
    const retry = { attempts: 1, firstDelayMilliseconds: 1, maximumDelayMilliseconds: 1 };
    return createRegistryStore({ http, keychain: ANONYMOUS, clock, compressor: store.compressor, retry: retry as never });
  }

  return {
    get directory() {
      return directory;
    },
    get store() {
      return store;
    },
    get daemon() {
      return daemon;
    },
    registry,
    async run(options, more = {}) {
      const events: BuildEvent[] = [];
      const docker = { name: 'Docker', images: daemon };
      const remote = registry();
      const ports: RebasePorts = {
        home: openHome(join(directory, 'home')),
        store,
        platform: { os: 'linux', architecture: 'amd64' },
        registry: () => Promise.resolve(remote),
        daemon: () => Promise.resolve(docker),
        findDaemon: () => Promise.resolve(docker),
        bundledRunImage: () => Promise.resolve(undefined),
        sourceDateEpoch: undefined,
        ...more,
      };
      const task = { events: (event: BuildEvent) => void events.push(event), signal: new AbortController().signal };
      const result = await rebase({ image: 'myapp', publish: false, force: false, insecureRegistries: [], ...options }, task, ports);
      const messages = events.flatMap((event) => (event.kind === 'message' ? [event.message] : []));
      return { result: { ...result, ...result.images[0]! }, events, messages };
    },
    bundled: (...images) => ({
      async bundledRunImage(name, { architecture }) {
        const image = images.find(({ config }) => config.architecture === architecture) ?? images[0];
        if (name !== RUN_NAME || image === undefined) return undefined;
        const distributed = await store.distribute(image);
        const reference = formatFamiliarReference(withDigest(parseImageReference(name), distributed.manifest.descriptor.digest));
        return { image: distributed, name, reference, mirrors: [] };
      },
    }),
  };
}
