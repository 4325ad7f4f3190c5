import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { hasSystemCode, writeFileAtomic } from '../../foundation/index.ts';
import type { HostPath, Mount, SandboxPath } from '../index.ts';
import type { UserIds } from './container-user.ts';

/**
 * The image's user and group under other numbers: programs such as git and npm want to know the name of who they run
 * as. Writes changed copies of `/etc/passwd` and `/etc/group` to `directory`, and gives their mounts.
 */
export function knownUserMounts(root: HostPath, named: UserIds, actual: UserIds, directory: string): readonly Mount[] {
  const mount = (name: string, text: string | undefined): readonly Mount[] => {
    if (text === undefined) return [];
    const source = join(directory, name) as HostPath;
    if (readText(source) !== text) writeFileAtomic(source, text);
    return [{ kind: 'bind', source, target: `/etc/${name}` as SandboxPath, writable: false }];
  };
  return [
    ...mount(
      'passwd',
      renumber(readText(join(root, 'etc/passwd')), named.uid, (fields) => fields.splice(2, 2, String(actual.uid), String(actual.gid))),
    ),
    ...mount(
      'group',
      renumber(readText(join(root, 'etc/group')), named.gid, (fields) => fields.splice(2, 1, String(actual.gid))),
    ),
  ];
}

/** The first line of a number is the one that counts, so the changed one goes to the front. */
function renumber(text: string | undefined, id: number, change: (fields: string[]) => void): string | undefined {
  const lines = text?.split('\n') ?? [];
  const index = lines.findIndex((line) => line.split(':')[2] === String(id));
  const fields = lines[index]?.split(':');
  if (fields === undefined) return undefined;
  change(fields);
  return [fields.join(':'), ...lines.toSpliced(index, 1)].join('\n');
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (hasSystemCode(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  }
}
