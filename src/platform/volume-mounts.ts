import { existsSync } from 'node:fs';
import { posix } from 'node:path';
import { TspackError } from '../foundation/index.ts';
import { PLATFORM, RESERVED, isWithin } from './layout.ts';
import type { HostPath, Mount, SandboxPath } from '../executor/index.ts';
import type { Volume } from './api.ts';

/** Nothing may be put in the place of these, but below them. */
const KEPT = ['/', PLATFORM, `${PLATFORM}/env`];

/**
 * The mounts of a user's volumes. `others` are those of the build itself: no volume may hide one. Without them, what can
 * be checked early is. Sources are absolute host paths. Throws `VOLUME_TARGET_INVALID` and `VOLUME_SOURCE_MISSING`.
 */
export function volumeMounts(volumes: readonly Volume[], workspace: string, others: readonly Mount[]): readonly Mount[] {
  const taken = [...KEPT, ...others.map(({ target }) => target)];
  const mounts = volumes.map(({ source, target, writable }, index): Mount => {
    const path = target.startsWith('/') ? posix.resolve(target) : undefined;
    if (path === undefined) throw targetInvalid(target, 'want an absolute path');
    const owner = [...RESERVED, workspace].find((folder) => isWithin(path, folder));
    if (owner !== undefined) throw targetInvalid(target, `${owner} belongs to the build`);
    const hidden = taken.find((folder) => isWithin(folder, path));
    if (hidden !== undefined) throw targetInvalid(target, hidden === path ? 'it belongs to the build' : `it would hide ${hidden}`);
    if (volumes.findIndex((other) => posix.resolve('/', other.target) === path) < index) throw targetInvalid(target, 'another volume is there');
    if (!existsSync(source)) {
      throw new TspackError({
        code: 'VOLUME_SOURCE_MISSING',
        message: `Cannot mount "${source}" at ${path}: there is no such file or folder`,
        nextStep: 'Name one that exists with --volume',
      });
    }
    return { kind: 'bind', source: source as HostPath, target: path as SandboxPath, writable };
  });
  // A parent that came after its child would hide it.
  return mounts.sort((a, b) => a.target.length - b.target.length);
}

function targetInvalid(target: string, why: string): TspackError {
  return new TspackError({
    code: 'VOLUME_TARGET_INVALID',
    message: `Cannot put a volume at "${target}": ${why}`,
    nextStep: `Choose a target such as ${PLATFORM}/bindings/NAME`,
  });
}
