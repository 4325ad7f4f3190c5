import { chmodSync, lstatSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { TspackError } from '../../foundation/index.ts';
import type { ContainerBind } from '../../daemon/index.ts';
import type { HostPath, Mount } from '../index.ts';

/** What a daemon is told to mount. */
export interface ContainerMounts {
  readonly binds: readonly ContainerBind[];
  readonly tmpfs: Readonly<Record<string, string>>;
}

/** Docker's own default forbids to run what lies there. */
const TMPFS_OPTIONS = 'rw,exec,nosuid,nodev,mode=1777';

/** The mounts of a container; a later one at the same place wins. Throws `SANDBOX_FAILED` for those that daemons do not have. */
export function containerMounts(mounts: readonly Mount[]): ContainerMounts {
  const byTarget = new Map<string, Mount>([['/tmp', { kind: 'tmpfs', target: '/tmp' as Mount['target'] }]]);
  for (const mount of mounts) {
    const target = posix.normalize(mount.target);
    if (mount.kind === 'overlay' || target === '/') {
      throw new TspackError({
        code: 'SANDBOX_FAILED',
        message: `Cannot mount ${target} in a container: it has neither overlays nor another root`,
        nextStep: 'Use the sandbox executor',
      });
    }
    byTarget.delete(target);
    byTarget.set(target, mount);
  }
  const all = [...byTarget];
  return {
    binds: all.flatMap(([target, mount]) => (mount.kind === 'bind' ? [{ source: mount.source, target, writable: mount.writable }] : [])),
    tmpfs: Object.fromEntries(all.flatMap(([target, mount]) => (mount.kind === 'tmpfs' ? [[target, TMPFS_OPTIONS]] : []))),
  };
}

/** Where a path of a container lies: in which bound folder, or in the root. undefined for what begins empty. */
export function locate(path: string, root: HostPath, mounts: readonly Mount[]): { readonly base: string; readonly rest: readonly string[] } | undefined {
  const wanted = posix.normalize(path);
  const [best] = [...mounts].filter(({ target }) => wanted === target || wanted.startsWith(`${target}/`)).sort((a, b) => b.target.length - a.target.length);
  if (best === undefined) return /^\/(?:tmp|dev|proc|sys)(?:\/|$)/u.test(wanted) ? undefined : { base: root, rest: partsOf(wanted) };
  return best.kind === 'bind' ? { base: best.source, rest: partsOf(wanted.slice(best.target.length)) } : undefined;
}

function partsOf(path: string): readonly string[] {
  return path.split('/').filter((part) => part !== '');
}

/** Whether something is surely missing; what lies behind a link is not looked for. */
export function isMissing(path: string, root: HostPath, mounts: readonly Mount[]): boolean {
  const found = locate(path, root, mounts);
  if (found === undefined) return false;
  let current = found.base;
  for (const part of found.rest) {
    current = join(current, part);
    const stats = lstatSync(current, { throwIfNoEntry: false });
    if (stats === undefined) return true;
    if (stats.isSymbolicLink()) return false;
  }
  return false;
}

/**
 * Makes the mount points that bound folders lack: daemons cannot make them in read-only ones, and in writable ones they
 * would belong to root. Only in folders below `ownDirectory`, and only while no process runs that could put a link in
 * the way.
 */
export function makeMountPoints(root: HostPath, mounts: readonly Mount[], ownDirectory: HostPath): void {
  for (const mount of mounts) {
    const found = locate(
      mount.target,
      root,
      mounts.filter((other) => other !== mount && other.target !== mount.target),
    );
    if (found === undefined || found.base === root || !isBelow(found.base, ownDirectory) || found.rest.length === 0) continue;
    const isFile = mount.kind === 'bind' && statSync(mount.source, { throwIfNoEntry: false })?.isFile() === true;
    makePoint(found.base, found.rest, isFile);
  }
}

function makePoint(base: string, rest: readonly string[], isFile: boolean): void {
  let current = base;
  for (const [index, part] of rest.entries()) {
    current = join(current, part);
    const stats = lstatSync(current, { throwIfNoEntry: false });
    if (stats?.isDirectory() === true) continue;
    if (stats !== undefined) return;
    if (isFile && index === rest.length - 1) writeFileSync(current, '', { flag: 'wx' });
    else mkdirSync(current);
    // The umask must not keep others than the caller out.
    chmodSync(current, isFile && index === rest.length - 1 ? 0o644 : 0o755);
  }
}

/** Whether a path lies in a folder. */
export function isBelow(path: string, directory: string): boolean {
  return path.startsWith(`${directory}/`);
}
