import { statSync } from 'node:fs';
import { join } from 'node:path';
import { targetParts } from '../../cnb/index.ts';
import type { SupportedTarget } from '../../cnb/index.ts';

/**
 * The folder below a module's root that holds what is for a target, as pack looks for it: `linux/amd64/debian@13` as deep as
 * there are folders; undefined when there is none.
 */
export function targetFolder(root: string, target: SupportedTarget): string | undefined {
  let folder = root;
  for (const part of targetParts(target)) {
    const next = join(folder, part);
    if (statSync(next, { throwIfNoEntry: false })?.isDirectory() !== true) break;
    folder = next;
  }
  return folder === root ? undefined : folder;
}

/** Each target for one distribution: images name at most one. */
export function expandTargets(targets: readonly SupportedTarget[]): readonly SupportedTarget[] {
  return targets.flatMap((target) => (target.distros.length < 2 ? [target] : target.distros.map((distribution) => ({ ...target, distros: [distribution] }))));
}
