import type { RootIndex } from './root-index.ts';

/** Who a process runs as, or who owns a file. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
  /** Supplementary groups, by the root's own `etc/group`. */
  readonly groups: readonly number[];
  /** `/` when the root does not say. */
  readonly home: string;
}

/**
 * A user as USER and `--chown` name it: user or uid, perhaps with group or gid. Without a group it is the user's own for
 * a process; `--chown` takes the uid as the gid where the root does not know the user. undefined when the root has no
 * such name.
 */
export function findAccount(index: RootIndex, spec: string): Account | undefined {
  const [named = '', group] = spec.split(':');
  // No name is root's, also before a group.
  const name = named === '' ? '0' : named;
  const account = tableOf(index.account('etc/passwd')).find((fields) => fields[0] === name || fields[2] === name);
  const groups = tableOf(index.account('etc/group'));
  // An image without accounts has a root all the same.
  const uid = numberOf(account?.[2]) ?? numberOf(name) ?? (name === 'root' ? 0 : undefined);
  const gid =
    group === undefined || group === '' ? (numberOf(account?.[3]) ?? 0) : (numberOf(groups.find((fields) => fields[0] === group)?.[2]) ?? numberOf(group));
  if (uid === undefined || gid === undefined) return undefined;
  const supplementary =
    account === undefined || (group !== undefined && group !== '') ? [] : groups.filter((fields) => (fields[3] ?? '').split(',').includes(account[0] ?? ''));
  return {
    uid,
    gid,
    groups: supplementary.flatMap((fields) => numberOf(fields[2]) ?? []),
    home: account?.[5] === undefined || account[5] === '' ? '/' : account[5],
  };
}

function tableOf(text: string): readonly (readonly string[])[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split(':'));
}

function numberOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,10}$/u.test(text) ? Number(text) : undefined;
}
