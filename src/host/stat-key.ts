import { statSync } from 'node:fs';

/** Changes whenever the file at `path` is written or replaced; `absent` where there is none. */
export function statKey(path: string): string {
  const stats = statSync(path, { bigint: true, throwIfNoEntry: false });
  return stats === undefined ? 'absent' : [stats.dev, stats.ino, stats.size, stats.mtimeNs, stats.ctimeNs].join(':');
}
