import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { mountedChild } from './mounted-directory.ts';
import type { MountedDirectory } from './mounted-directory.ts';

/** Name of the file in a folder of {@link createPlanFolder}. */
export const PLAN_FILE = 'plan.toml';

/**
 * Makes a folder with a plan file for one executable. Call it while no process runs that could write to `scratch`.
 * It lies directly in `scratch`, under a name of its own: any folder between could have been replaced by a link.
 */
export function createPlanFolder(scratch: MountedDirectory, text: string): MountedDirectory {
  const hostPath = mkdtempSync(join(scratch.hostPath, 'plan-'));
  const planFile = join(hostPath, PLAN_FILE);
  writeFileSync(planFile, text, { flag: 'wx' });
  // The executable may run as another user than we do.
  chmodSync(hostPath, 0o777);
  chmodSync(planFile, 0o666);
  return mountedChild(scratch, basename(hostPath));
}
