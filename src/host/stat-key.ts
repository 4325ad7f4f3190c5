import { statSync } from 'node:fs';
import { hasSystemCode } from '../foundation/index.ts';

/** Changes whenever the file at `path` is written or replaced; `absent` where there is none, `closed` where we may not look. */
export function statKey(path: string): string {
  try {
    const stats = statSync(path, { bigint: true, throwIfNoEntry: false });
    return stats === undefined ? 'absent' : [stats.dev, stats.ino, stats.size, stats.mtimeNs, stats.ctimeNs].join(':');
  } catch (error) {
    // A variable may name a file of another user: whoever reads it says so, or does without.
    if (hasSystemCode(error, 'EACCES')) return 'closed';
    throw error;
  }
}
