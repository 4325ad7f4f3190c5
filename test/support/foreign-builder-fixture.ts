import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeTree } from '../../src/foundation/index.ts';
import { formatImageReference, parseImageReference } from '../../src/oci/index.ts';
import type { Image, ImageReference } from '../../src/oci/index.ts';
import type { BuildEvent, BuilderRequest, DaemonImages, ModulePorts, RegistryImages } from '../../src/platform/index.ts';
import { openHome, openLocalStore } from '../../src/store/index.ts';
import { fileImage } from './file-image.ts';
import type { LayerFile } from './file-image.ts';

export const LINUX = { os: 'linux', architecture: 'amd64' };

/** A data folder, registries and a daemon in memory, and requests of builders to them. Remove it with `remove()`. */
export class ForeignBuilderFixture {
  readonly directory = mkdtempSync(join(tmpdir(), 'tspack-foreign-'));
  readonly home = openHome(join(this.directory, 'home'));
  readonly store = openLocalStore({ directory: this.home.store, lockDirectory: this.home.locks });
  readonly events: BuildEvent[] = [];
  /** Images of registries and of the daemon, by full name. */
  readonly remote = new Map<string, Image>();
  readonly daemon = new Map<string, Image>();
  /** What registry and daemon were asked for: `read <name>`, `blob <digest>`, `inspect <name>`, `save <name>`. */
  readonly asked: string[] = [];
  now = new Date('2026-01-01T00:00:00Z');
  hasDaemon = false;
  /** Thrown instead of any answer of a registry. */
  registryFailure: Error | undefined;

  at(...parts: readonly string[]): string {
    return join(this.directory, ...parts);
  }

  /** Puts an image into a registry, with the manifest it has there. */
  async publish(name: string, image: Image): Promise<Image> {
    const distributed = await this.store.distribute(image);
    this.remote.set(formatImageReference(parseImageReference(name)), distributed);
    return distributed;
  }

  ports(more: Partial<ModulePorts> = {}): ModulePorts {
    return {
      home: this.home,
      store: this.store,
      clock: { now: () => this.now },
      workingDirectory: this.directory,
      registry: () => Promise.resolve(this.#registry()),
      daemon: () => Promise.resolve(this.hasDaemon ? this.#daemon() : undefined),
      buildpackRegistry: undefined,
      download: (url) => Promise.reject(new Error(`the test gives no ${url}`)),
      ...more,
    };
  }

  request(more: Partial<BuilderRequest> = {}): BuilderRequest {
    return {
      name: 'example.org/builder:1',
      platform: LINUX,
      frozen: false,
      modules: { pre: [], post: [] },
      pullPolicy: { kind: 'if-not-present' },
      insecureRegistries: [],
      publish: false,
      events: (event) => this.events.push(event),
      signal: new AbortController().signal,
      ...more,
    };
  }

  remove(): void {
    removeTree(this.directory);
  }

  #registry(): RegistryImages {
    const find = (reference: ImageReference) => {
      if (this.registryFailure !== undefined) throw this.registryFailure;
      return this.remote.get(formatImageReference(reference));
    };
    return {
      read: async (reference, { architecture }) => {
        this.asked.push(`read ${formatImageReference(reference)}`);
        const image = await Promise.resolve(find(reference));
        return image?.config.architecture === architecture || image?.config.architecture === '' ? image : undefined;
      },
      write: () => Promise.reject(new Error('nothing is written to registries here')),
      resolve: async (reference, patience) => {
        this.asked.push(`resolve ${formatImageReference(reference)}${patience === 'short' ? ', shortly' : ''}`);
        return await Promise.resolve(find(reference)?.manifest?.descriptor);
      },
      platforms: async (reference) => {
        const image = await Promise.resolve(find(reference));
        return image && [{ os: image.config.os, architecture: image.config.architecture }];
      },
      openBlob: (reference, { digest }) => {
        this.asked.push(`blob ${digest}`);
        const layer = find(reference)?.layers.find(({ blob }) => blob?.digest === digest);
        if (layer?.openBlob === undefined) throw new Error(`no blob ${digest}`);
        return layer.openBlob();
      },
    };
  }

  #daemon(): DaemonImages {
    const find = (reference: ImageReference) => this.daemon.get(formatImageReference(reference));
    return {
      name: 'Docker',
      inspect: (reference) => {
        this.asked.push(`inspect ${formatImageReference(reference)}`);
        const image = find(reference);
        return Promise.resolve(image && { id: image.imageId, platform: { os: image.config.os, architecture: image.config.architecture } });
      },
      images: () => ({
        read: (reference) => {
          this.asked.push(`save ${formatImageReference(reference)}`);
          return Promise.resolve(find(reference));
        },
        write: () => Promise.reject(new Error('nothing is written to the daemon here')),
      }),
    };
  }
}

export const BUILDPACK_TOML = (id: string, version: string, api = '0.10') => `api = "${api}"\n[buildpack]\nid = "${id}"\nversion = "${version}"\n`;

/** The files of a buildpack below its place in an image. */
export function buildpackFiles(id: string, version: string, more: Readonly<Record<string, LayerFile>> = {}): Readonly<Record<string, LayerFile>> {
  const folder = `cnb/buildpacks/${id.replaceAll('/', '_')}/${version}`;
  const files = { 'buildpack.toml': BUILDPACK_TOML(id, version), 'bin/detect': '#!/bin/sh\n', 'bin/build': '#!/bin/sh\n', ...more };
  return Object.fromEntries(Object.entries(files).map(([name, file]) => [`${folder}/${name}`, file]));
}

const METADATA = {
  description: 'A builder',
  buildpacks: [{ id: 'acme/one', version: '1.0.0' }],
  stack: { runImage: { image: 'example.org/run:1', mirrors: ['example.com/run:1'] } },
  lifecycle: {
    version: '0.20.0',
    apis: { buildpack: { deprecated: [], supported: ['0.9', '0.10'] }, platform: { deprecated: ['0.7'], supported: ['0.12', '0.13', '0.99'] } },
  },
  createdBy: { name: 'pack', version: '0.36.0' },
  images: [{ image: 'example.org/run:1', mirrors: ['example.com/run:1'] }],
};

/** A builder as pack makes them, of a few bytes. */
export function builderImage(
  options: {
    readonly files?: Readonly<Record<string, LayerFile>>;
    readonly metadata?: object;
    readonly labels?: Readonly<Record<string, string>>;
    readonly env?: readonly string[];
    readonly architecture?: string;
  } = {},
): Promise<Image> {
  const files = {
    'etc/passwd': 'root:x:0:0:root:/root:/bin/bash\ncnb:x:1001:1000::/home/builder:/bin/bash\n',
    'cnb/order.toml': '[[order]]\n[[order.group]]\nid = "acme/one"\nversion = "1.0.0"\n',
    'cnb/run.toml': '[[images]]\nimage = "example.org/run:1"\nmirrors = ["example.com/run:1"]\n',
    'cnb/build-config/env/OPERATOR.default': 'yes',
    'platform/env/OWN': 'of the builder',
    ...options.files,
  };
  return fileImage(
    [buildpackFiles('acme/one', '1.0.0'), files],
    {
      Env: [...(options.env ?? ['CNB_USER_ID=1001', 'CNB_GROUP_ID=1000']), 'PATH=/usr/bin:/bin'],
      Labels: {
        'io.buildpacks.builder.metadata': JSON.stringify({ ...METADATA, ...options.metadata }),
        'io.buildpacks.stack.id': 'acme.stack',
        ...options.labels,
      },
    },
    { os: 'linux', architecture: options.architecture ?? 'amd64' },
  );
}
