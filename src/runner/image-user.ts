import { readFileSync, realpathSync } from 'node:fs';
import { join, sep } from 'node:path';
import { TspackError, hasSystemCode } from '../foundation/index.ts';

export interface RunUser {
  readonly uid: number;
  readonly gid: number;
  /** Home folder in the image; `/` when the image does not say. */
  readonly home: string;
}

/**
 * The user of an image config (`config.User`: user or uid, with group or gid; empty is root), looked up in the
 * image's own `/etc/passwd` and `/etc/group`. Throws `RUN_USER_UNKNOWN`.
 */
export function readImageUser(root: string, user: string): RunUser {
  const [name = '', group] = user === '' ? ['0'] : user.split(':');
  const accounts = readTable(root, 'etc/passwd');
  const account = accounts.find((fields) => fields[0] === name) ?? accounts.find((fields) => fields[2] === name);
  const uid = numberOf(account?.[2]) ?? numberOf(name);
  const groupFields = group === undefined ? undefined : readTable(root, 'etc/group').find((fields) => fields[0] === group);
  const gid = group === undefined ? (numberOf(account?.[3]) ?? 0) : (numberOf(groupFields?.[2]) ?? numberOf(group));
  if (uid === undefined || gid === undefined) {
    throw new TspackError({
      code: 'RUN_USER_UNKNOWN',
      message: `Cannot run the image as its user '${user}': the image has no such ${uid === undefined ? 'user' : 'group'}`,
      nextStep: 'Build the image with a numeric user, or with that account in its /etc/passwd and /etc/group.',
    });
  }
  return { uid, gid, home: account?.[5] === undefined || account[5] === '' ? '/' : account[5] };
}

function numberOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,10}$/u.test(text) ? Number(text) : undefined;
}

/** A link that leads out of the image is not followed. */
function readTable(root: string, path: string): readonly (readonly string[])[] {
  try {
    const file = realpathSync(join(root, path));
    if (!file.startsWith(realpathSync(root) + sep)) return [];
    return readFileSync(file, 'utf8')
      .split('\n')
      .map((line) => line.split(':'));
  } catch (error) {
    if (hasSystemCode(error, 'ENOENT', 'ENOTDIR', 'EACCES', 'ELOOP', 'EISDIR')) return [];
    throw error;
  }
}
