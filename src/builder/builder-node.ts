import { createReadStream, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { digestHex, digestOf } from '../foundation/index.ts';
import type { Clock } from '../foundation/index.ts';
import { decompress, extractTar } from '../archive/index.ts';
import { ARCHITECTURE_PATHS } from './architecture.ts';
import type { Architecture, BuilderDefinition } from './builder-file.ts';
import { requireNode } from './builder-parts.ts';
import { unpackOnce } from './unpack-once.ts';

/** A file of an npm registry, and what it must hash to. */
export interface RegistryFile {
  readonly url: string;
  readonly digest: { readonly algorithm: 'sha512'; readonly base64: string };
  /** For people: `node 24.21.0`. */
  readonly label: string;
}

export interface BuilderNodeOptions {
  readonly builder: BuilderDefinition;
  readonly architecture: Architecture;
  /** The address of the npm registry that the host's npm uses. */
  readonly registry: string;
  /** Writes the verified file to `path`. */
  readonly download: (file: RegistryFile, path: string) => Promise<void>;
  readonly cacheDirectory: string;
  readonly clock: Clock;
}

export interface BuilderNode {
  /** Holds `node/bin/node` and `npm/bin/npm-cli.js`; processes see it at `/cnb/tspack`. */
  readonly directory: string;
  readonly nodeVersion: string;
  readonly npmVersion: string;
}

/** A part of the key: raise it when other files are taken from the archives. */
const LAYOUT_VERSION = 1;

/**
 * Unpacks the Node and the npm that bundled buildpacks run on, once for each version: npm's own packages of them,
 * checked against the integrity that the builder pins. Works as any user. Throws what `download` throws.
 */
export async function unpackBuilderNode(options: BuilderNodeOptions): Promise<BuilderNode> {
  const { builder, architecture, cacheDirectory, clock } = options;
  const { version, integrity, npm } = requireNode(builder);
  const key = digestHex(digestOf(JSON.stringify({ layout: LAYOUT_VERSION, node: integrity[architecture], npm: npm.integrity })));
  const directory = await unpackOnce(join(cacheDirectory, key), clock.now(), async (temporary) => {
    const node = `node-linux-${ARCHITECTURE_PATHS[architecture].npm}`;
    await Promise.all([
      unpackPackage(options, { package: node, version, integrity: integrity[architecture] }, join(temporary, 'node'), (path) =>
        /^(bin\/node|LICENSE)$/.test(path),
      ),
      unpackPackage(options, { package: 'npm', version: npm.version, integrity: npm.integrity }, join(temporary, 'npm'), (path) => !/^(docs|man)\//.test(path)),
    ]);
  });
  return { directory, nodeVersion: version, npmVersion: npm.version };
}

interface NpmPackage {
  readonly package: string;
  readonly version: string;
  readonly integrity: string;
}

async function unpackPackage(options: BuilderNodeOptions, wanted: NpmPackage, directory: string, isWanted: (path: string) => boolean): Promise<void> {
  const archive = `${directory}.tgz`;
  mkdirSync(directory, { mode: 0o755 });
  const file: RegistryFile = {
    url: `${options.registry.replace(/\/+$/, '')}/${wanted.package}/-/${wanted.package}-${wanted.version}.tgz`,
    digest: { algorithm: 'sha512', base64: wanted.integrity.slice('sha512-'.length) },
    label: `${wanted.package} ${wanted.version}`,
  };
  await options.download(file, archive);
  await extractTar(decompress(createReadStream(archive)), directory, { stripComponents: 1, rename: (path) => (isWanted(path) ? path : undefined) });
  rmSync(archive);
}
