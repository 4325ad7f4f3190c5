import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInlineExecutor, createInlineWorkshop } from '../../src/executor/inline/index.ts';
import { systemClock } from '../../src/foundation/index.ts';
import { createHttpClient } from '../../src/http/index.ts';
import { createLayerCompressor, openBlobDirectory, parseImageReference } from '../../src/oci/index.ts';
import { ANONYMOUS, createRegistryStore } from '../../src/registry/index.ts';
import { syntheticImage } from './synthetic-image.ts';
import type { HostPath } from '../../src/executor/index.ts';
import type { LayerCompressor } from '../../src/oci/index.ts';
import type { PhasePorts } from '../../src/phases/index.ts';
import type { FakeRegistry } from './fake-registry.ts';

const PATH = '/usr/bin:/bin';

function openStore(compressor: LayerCompressor) {
  return createRegistryStore({ http: createHttpClient({ userAgent: 'test', clock: systemClock }), keychain: ANONYMOUS, clock: systemClock, compressor });
}

/** A folder where phases run as programs of Platform API 0.14, as user 1001, with nothing but registries. */
export class PhasePlace {
  readonly directory: string;
  /** What the phases have said so far. */
  printed = { stdout: '', stderr: '' };

  constructor(home: string) {
    this.directory = mkdtempSync(join(home, 'case-'));
    for (const folder of ['layers', 'app', 'platform/env', 'tmp']) mkdirSync(this.at(folder), { recursive: true });
  }

  at(path: string): string {
    return join(this.directory, path);
  }

  write(path: string, text: string, mode = 0o644): void {
    mkdirSync(dirname(this.at(path)), { recursive: true });
    writeFileSync(this.at(path), text);
    chmodSync(this.at(path), mode);
  }

  /** The buildpack test/shell 1, alone in the order. */
  writeBuildpack(build: string, detect = 'exit 0'): void {
    this.write('buildpacks/test_shell/1/buildpack.toml', 'api = "0.10"\n[buildpack]\nid = "test/shell"\nversion = "1"\n');
    this.write('buildpacks/test_shell/1/bin/detect', `#!/bin/sh\n${detect}\n`, 0o755);
    this.write('buildpacks/test_shell/1/bin/build', `#!/bin/sh\n${build}\n`, 0o755);
    this.write('order.toml', '[[order]]\n[[order.group]]\nid = "test/shell"\nversion = "1"\n');
  }

  /** Arguments of the phases that run buildpacks. */
  hermetic(): readonly string[] {
    return ['-layers', this.at('layers'), '-app', this.at('app'), '-buildpacks', this.at('buildpacks'), '-platform', this.at('platform')];
  }

  async pushImage(registry: FakeRegistry, name: string, config?: Parameters<typeof syntheticImage>[1]): Promise<string> {
    const reference = `${registry.host}/${name}:1`;
    const store = openStore(createLayerCompressor(openBlobDirectory(this.at('pushed'))));
    await store.write(await syntheticImage(name, config), [parseImageReference(reference)]);
    return reference;
  }

  ports(more: Partial<PhasePorts> = {}): PhasePorts {
    const { printed } = this;
    const executable = { searchPath: PATH, temporaryDirectory: this.at('tmp') };
    return {
      environment: { CNB_PLATFORM_API: '0.14', PATH: process.env['PATH'], CNB_REGISTRY_AUTH: '{}' },
      workingDirectory: this.directory,
      temporaryDirectory: this.at('tmp'),
      output: { stdout: (text) => void (printed.stdout += String(text)), stderr: (text) => void (printed.stderr += String(text)) },
      version: '0.21.0-tspack.0.0.1',
      platform: { os: 'linux', architecture: 'amd64' },
      cores: 2,
      user: { uid: 1001, gid: 1000, become: () => undefined, lookUp: () => undefined },
      executor: createInlineExecutor(executable),
      openOwnRoot: (options) => createInlineWorkshop({ root: this.at('root') as HostPath, searchPath: PATH, ...options }),
      download: (url) => {
        throw new Error(`nothing is downloaded here, not even ${url}`);
      },
      clock: systemClock,
      extenderDirectory: this.at('kaniko'),
      launch: (args) => Promise.resolve(args.length),
      signal: new AbortController().signal,
      openRegistry: ({ scratch }) => {
        const store = openStore(scratch.compressor);
        return Promise.resolve({
          read: (reference, platform) => store.read(reference, platform),
          write: (written, references) => store.write(written, references),
          resolve: (reference) => store.resolve(reference),
          verifyPushAccess: (reference) => store.repository(reference).verifyPushAccess(),
        });
      },
      openDaemon: () => Promise.reject(new Error('there is no daemon here')),
      ...more,
    };
  }
}
