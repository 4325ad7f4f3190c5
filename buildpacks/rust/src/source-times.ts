import { createHash } from 'node:crypto';
import { existsSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { listFiles, pathBytes } from '../../../src/sdk/index.ts';

type Known = Record<string, readonly [digest: string, seconds: number]>;

/**
 * Cargo knows by times alone which files have changed since it compiled them. A fresh checkout has new times everywhere, and an older file put back has one
 * from before: both would mislead it. So each file gets the time it had when its content was first seen, and new content the time of now; `record` is
 * where that is kept between builds.
 */
export function settleTimes(applicationDirectory: string, record: string, now: Date): void {
  const known: Known = existsSync(record) ? (JSON.parse(readFileSync(record, 'utf8')) as Known) : {};
  const seen: Known = {};
  const seconds = Math.floor(now.getTime() / 1000);
  for (const [path, { kind }] of listFiles(applicationDirectory)) {
    if (kind !== 'file') continue;
    const file = pathBytes(applicationDirectory, path);
    const digest = createHash('sha256').update(readFileSync(file)).digest('hex');
    const time = known[path]?.[0] === digest ? known[path][1] : seconds;
    seen[path] = [digest, time];
    utimesSync(file, time, time);
  }
  writeFileSync(join(record), JSON.stringify(seen));
}
