import { readMountedText } from '../lifecycle/index.ts';
import { isWithin } from './layout.ts';
import type { HostPath, SandboxPath } from '../executor/index.ts';

/** The home of a user by the root's /etc/passwd, as containers have it; undefined where that names none, or the root itself. */
export function accountHome(root: HostPath, uid: number): string | undefined {
  const passwd = readMountedText({ hostPath: root, sandboxPath: '/' as SandboxPath, root }, 'etc/passwd') ?? '';
  const account = passwd
    .split('\n')
    .map((line) => line.split(':'))
    .find((fields) => fields[2] === String(uid));
  const home = account?.[5] ?? '';
  return /^\/[^\0]/.test(home) ? home : undefined;
}

const SYSTEM = ['/bin', '/boot', '/dev', '/etc', '/lib', '/proc', '/run', '/sbin', '/sys', '/usr'];

/** Whether a folder belongs to the system, as the homes of `bin` and `daemon` do: nothing may lie over it. */
export function isSystemFolder(path: string): boolean {
  return SYSTEM.some((folder) => isWithin(path, folder));
}
