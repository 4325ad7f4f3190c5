import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { DOWNLOAD_RECORD, DOWNLOADS_VARIABLE, hasSystemCode } from '../foundation/index.ts';

/** The record of a build, as its buildpacks see it: lines for whoever runs the build. */
export type AppendToRecord = (line: string) => void;

/** The platform's record (`TSPACK_DOWNLOADS`); where it has none, nothing is written. */
export function openRecord(env: Readonly<Record<string, string>>): AppendToRecord {
  const folder = env[DOWNLOADS_VARIABLE];
  if (folder === undefined || folder === '') return () => undefined;
  return (line) => attempt(() => appendFileSync(join(folder, 'inbox', DOWNLOAD_RECORD), line));
}

/** A build must not fail because it cannot tell what it does. */
export function attempt(write: () => void): void {
  try {
    write();
  } catch (error) {
    if (!hasSystemCode(error, 'ENOENT', 'ENOTDIR', 'EACCES', 'EPERM', 'EROFS', 'ENOSPC', 'EDQUOT')) throw error;
  }
}
