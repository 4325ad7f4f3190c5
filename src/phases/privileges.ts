import { chownSync, lchownSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { EXIT, PhaseError } from './phase-error.ts';
import type { Inputs } from './inputs-table.ts';
import type { PhaseName } from './phase-names.ts';
import type { PhasePorts } from './phase-ports.ts';

/** Folders that a phase gives to the user of the images, when it runs as root (CNB.md C009). */
const FOLDERS: Partial<Readonly<Record<PhaseName, (inputs: Inputs, ports: PhasePorts) => readonly string[]>>> = {
  analyzer: ({ layers, launchCache }) => [layers, launchCache],
  restorer: ({ layers, cacheDir }, { extenderDirectory }) => [layers, cacheDir, extenderDirectory],
  exporter: ({ cacheDir, launchCache }) => [cacheDir, launchCache],
  creator: ({ cacheDir, launchCache, layers }) => [cacheDir, launchCache, layers],
  rebaser: () => [],
};

/**
 * As root: gives folders to the user of the images and becomes that user for good. Anybody else stays who they are:
 * what the image says of owners is written into its layers anyway. Returns the environment of that user. Throws with
 * exit code 1 when it is refused.
 */
export function settlePrivileges(phase: PhaseName, inputs: Inputs, more: readonly string[], ports: PhasePorts): PhasePorts['environment'] {
  const folders = FOLDERS[phase];
  return folders === undefined ? ports.environment : becomeImageUser(inputs, [...folders(inputs, ports), ...more], phase === 'creator', ports);
}

/** As {@link settlePrivileges}, whatever the phase; `isAtHome`: the environment says where that user is at home. */
export function becomeImageUser(inputs: Inputs, folders: readonly string[], isAtHome: boolean, ports: PhasePorts): PhasePorts['environment'] {
  const { user, environment } = ports;
  const [uid, gid] = [inputs.uid ?? user.uid, inputs.gid ?? user.gid];
  if (user.uid !== 0) return environment;
  try {
    for (const folder of folders) if (folder !== '') giveFolder(folder, uid, gid);
    if (uid !== user.uid || gid !== user.gid) user.become(uid, gid);
  } catch (error) {
    throw new PhaseError(EXIT.failure, `Cannot go on as user ${uid}:${gid}: ${(error as Error).message}`, 'Run the phase as that user', error);
  }
  const known = isAtHome ? user.lookUp(uid) : undefined;
  return known === undefined ? environment : { ...environment, HOME: known.home, USER: known.name };
}

/** A folder that the user can write to is left as it is, with all that it holds. */
function giveFolder(folder: string, uid: number, gid: number): void {
  const stat = statSync(folder, { throwIfNoEntry: false });
  if (stat === undefined) return;
  if (stat.uid === uid || (stat.gid === gid && (stat.mode & 0o020) !== 0) || (stat.mode & 0o002) !== 0) return;
  giveTree(folder, uid, gid);
}

function giveTree(folder: string, uid: number, gid: number): void {
  chownSync(folder, uid, gid);
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) giveTree(path, uid, gid);
    else lchownSync(path, uid, gid);
  }
}
