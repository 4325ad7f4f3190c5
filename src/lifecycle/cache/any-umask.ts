import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

// What phases write ends in layers, so its mode must be the same under every umask.

/** Makes a folder and those above it that are missing, as 0755. */
export function makeFolder(path: string): void {
  const first = mkdirSync(path, { recursive: true });
  if (first === undefined) return;
  for (let made = path; made.length >= first.length; made = dirname(made)) chmodSync(made, 0o755);
}

/** Writes a file as 0644, in a folder that is there. */
export function writeLayerFile(path: string, bytes: Uint8Array | string): void {
  writeFileSync(path, bytes);
  chmodSync(path, 0o644);
}
