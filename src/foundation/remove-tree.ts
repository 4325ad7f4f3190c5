import { chmodSync, lstatSync, readdirSync, rmSync } from 'node:fs';
import { hasSystemCode } from './error.ts';

/**
 * Removes a file or a whole tree; nothing there is fine. Folders without permissions (Go's module cache, an
 * overlay's work folder) are opened up first, so that an ordinary user can remove them.
 */
export function removeTree(path: string | Buffer): void {
  try {
    rmSync(path, { recursive: true, force: true });
  } catch (error) {
    if (!hasSystemCode(error, 'EACCES', 'EPERM', 'ENOTEMPTY')) throw error;
    openFolders(Buffer.from(path));
    rmSync(path, { recursive: true, force: true });
  }
}

function openFolders(path: Buffer): void {
  if (lstatSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) return;
  chmodSync(path, 0o700);
  for (const entry of readdirSync(path, { withFileTypes: true, encoding: 'buffer' })) {
    if (entry.isDirectory()) openFolders(Buffer.concat([path, Buffer.from('/'), entry.name]));
  }
}
