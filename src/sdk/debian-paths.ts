import { join } from 'node:path';
import type { EnvScope, LayerDirectory } from './layer-directory.ts';

const TRIPLETS: Readonly<Record<string, string>> = { amd64: 'x86_64-linux-gnu', arm64: 'aarch64-linux-gnu' };

/** The name of an architecture in Debian's library folders: `usr/lib/x86_64-linux-gnu`. */
export function debianTriplet(architecture: string): string {
  return TRIPLETS[architecture] ?? `${architecture}-linux-gnu`;
}

/**
 * Makes programs and shared libraries of packages that lie in a layer found: `PATH` and `LD_LIBRARY_PATH`. A program that
 * must see the libraries alone gets them in its own process's environment instead.
 */
export function setDebianPaths(layer: LayerDirectory, scope: EnvScope, architecture: string): void {
  const at = (...folders: readonly string[]) => folders.map((folder) => join(layer.path, folder)).join(':');
  layer.setEnv(scope, 'PATH', 'prepend', at('usr/sbin', 'usr/bin'), ':');
  layer.setEnv(scope, 'LD_LIBRARY_PATH', 'prepend', at(`usr/lib/${debianTriplet(architecture)}`, 'usr/lib'), ':');
}
