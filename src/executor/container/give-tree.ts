import { chmodSync, lchownSync, lstatSync, readdirSync } from 'node:fs';
import type { UserIds } from './container-user.ts';

const SPECIAL_BITS = 0o6000;

/**
 * Gives a tree to a user; for root. Only while no process runs that could write to it: it could replace a folder by a
 * link and be given files of this machine.
 */
export function giveTree(path: string | Buffer, owner: UserIds): void {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return;
  if (stats.uid !== owner.uid || stats.gid !== owner.gid) {
    lchownSync(path, owner.uid, owner.gid);
    // Which the kernel takes away from files that change hands.
    if (stats.isFile() && (stats.mode & SPECIAL_BITS) !== 0) chmodSync(path, stats.mode & 0o7777);
  }
  if (!stats.isDirectory()) return;
  const folder = Buffer.concat([Buffer.from(path), Buffer.from('/')]);
  // Names as bytes: not all of them are text.
  for (const name of readdirSync(path, { encoding: 'buffer' })) giveTree(Buffer.concat([folder, name]), owner);
}
