import { cpSync, lstatSync, mkdirSync } from 'node:fs';
import { resolveMounted } from '../lifecycle/index.ts';
import type { HostPath, SandboxPath } from '../executor/index.ts';

/**
 * Makes the folder that is mounted as the home of a build, with what the build image has there: settings that a builder's
 * author put beside the tools that read them. Every build has its own, so that none finds what another left.
 */
export function makeHomeFolder(directory: string, root: HostPath, home: string): void {
  mkdirSync(directory, { recursive: true });
  const found = resolveMounted({ hostPath: root, sandboxPath: '/' as SandboxPath, root }, home.slice(1));
  if (found === undefined || !found.stats.isDirectory()) return;
  cpSync(found.hostPath, directory, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true, filter: isPlain });
}

/** Sockets and devices of an image mean nothing in a copy, and what its owner may not read is of no use to the build. */
function isPlain(path: string): boolean {
  const stats = lstatSync(path);
  return stats.isSymbolicLink() || ((stats.isFile() || stats.isDirectory()) && (stats.mode & 0o400) !== 0);
}
