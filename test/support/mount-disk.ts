import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';

/** Whether a file system of its own is there now; it needs root, and a kernel that lets this place mount. */
export function mountDisk(directory: string, megabytes: number): boolean {
  mkdirSync(directory, { recursive: true });
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tspack-test', directory], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
