import { describe, expect, it } from 'vitest';
import { explainRefusal, readNamespaceFacts } from '../../../src/executor/bubblewrap/refusal.ts';

/** What bubblewrap 0.8 and 0.12 were seen to say. */
const NO_NAMESPACE =
  'No permissions to create a new namespace, likely because the kernel does not allow non-privileged user namespaces. See <https://deb.li/bubblewrap>.';
const UID_MAP = 'setting up uid map: Permission denied';
const NO_PROC = "Can't mount proc on /newroot/proc: Operation not permitted";

/** A machine by its files, on which nothing is forbidden unless said. */
function machine(files: Readonly<Record<string, string>>) {
  const all: Readonly<Record<string, string>> = {
    '/proc/sys/user/max_user_namespaces': '96365\n',
    '/proc/self/status': 'Name:\tnode\nNoNewPrivs:\t0\nSeccomp:\t0\nSeccomp_filters:\t0\n',
    '/proc/self/mountinfo': '22 1 254:0 / / rw,relatime - ext4 /dev/vda rw\n23 22 0:21 / /proc rw - proc proc rw\n',
    ...files,
  };
  return readNamespaceFacts((path) => all[path]);
}
const filtered = { '/proc/self/status': 'Seccomp:\t2\n' };

describe('explainRefusal()', () => {
  it.each([
    ['user.max_user_namespaces is 0', NO_NAMESPACE, { '/proc/sys/user/max_user_namespaces': '0\n' }, 'sysctl -w user.max_user_namespaces'],
    [
      'kernel.unprivileged_userns_clone is 0',
      NO_NAMESPACE,
      { '/proc/sys/kernel/unprivileged_userns_clone': '0\n' },
      'sysctl -w kernel.unprivileged_userns_clone=1',
    ],
    ['AppArmor restricts', UID_MAP, { '/proc/sys/kernel/apparmor_restrict_unprivileged_userns': '1\n' }, 'profile'],
    ["container's seccomp profile", NO_NAMESPACE, { ...filtered, '/.dockerenv': '' }, 'seccomp=unconfined'],
    ['A seccomp filter on this process', NO_NAMESPACE, filtered, 'seccomp=unconfined'],
    ['A new /proc cannot be mounted', NO_PROC, filtered, 'systempaths=unconfined'],
    ['This is a chroot', NO_NAMESPACE, { '/proc/self/mountinfo': '23 22 0:21 / /proc rw - proc proc rw\n' }, 'pivot_root'],
    ['(No permissions to create a new namespace); a chroot or a security module', NO_NAMESPACE, {}, 'Docker or Podman'],
    ['limit of namespaces is reached', 'Creating new namespace failed: No space left on device', {}, 'Raise user.max_user_namespaces'],
    ['bubblewrap failed: cannot run /x/ld.so: spawn ENOENT', 'cannot run /x/ld.so: spawn ENOENT', {}, 'tspack doctor'],
  ])('says: %s', (reason, said, files, nextStep) => {
    const refusal = explainRefusal(said, machine(files));
    expect(refusal.reason).toContain(reason);
    expect(refusal.nextStep).toContain(nextStep);
    expect(refusal.reason).toMatch(/^[A-Za-z]/u);
    expect(refusal.nextStep).toMatch(/\.$/u);
  });

  it('does not blame AppArmor for what it has nothing to do with', () => {
    const facts = machine({ '/proc/sys/kernel/apparmor_restrict_unprivileged_userns': '1\n' });
    expect(explainRefusal("Can't chdir to /x: No such file or directory", facts).reason).toContain("Can't chdir");
  });
});
