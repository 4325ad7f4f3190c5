import { rootFile } from '../root-tree.ts';
import type { FixUp } from './fix-up.ts';

const PASSWD_MASTER = '/usr/share/base-passwd/passwd.master';
const GROUP_MASTER = '/usr/share/base-passwd/group.master';

/**
 * /etc/passwd and /etc/group from the lists that base-passwd ships, as update-passwd would write them, and the user
 * of the image. Servers such as nginx look for www-data there.
 */
export const writeAccounts: FixUp = ({ tree, user, read }) => {
  if (!tree.has(PASSWD_MASTER) || !tree.has(GROUP_MASTER)) return [];
  const passwd = read(PASSWD_MASTER).toString();
  const group = read(GROUP_MASTER).toString();
  if (user === undefined) return [rootFile('/etc/passwd', passwd), rootFile('/etc/group', group)];
  const shell = tree.has('/usr/bin/bash') ? '/bin/bash' : tree.has('/usr/bin/dash') ? '/bin/sh' : '/usr/sbin/nologin';
  return [
    rootFile('/etc/passwd', `${passwd}${user.name}:*:${user.uid}:${user.gid}::/home/${user.name}:${shell}\n`),
    rootFile('/etc/group', `${group}${user.name}:*:${user.gid}:\n`),
  ];
};
