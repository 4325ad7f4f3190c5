import { TspackError } from '../../index.ts';

const TROUBLE: Readonly<Record<string, { readonly why: string; readonly nextStep: string }>> = {
  ENOSPC: { why: 'the disk is full', nextStep: 'Free some space, or let TSPACK_HOME name a folder on another disk; nothing that was stored before is lost' },
  EDQUOT: {
    why: 'the disk quota is used up',
    nextStep: 'Free some space, or let TSPACK_HOME name a folder on another disk; nothing that was stored before is lost',
  },
  EROFS: { why: 'the file system is read-only', nextStep: 'Let TSPACK_HOME name a folder that can be written to' },
  EACCES: { why: 'permission is denied', nextStep: 'Check who owns the file, and the folders above it' },
  EPERM: { why: 'it is not permitted', nextStep: 'Check who owns the file, and the folders above it' },
  EMFILE: { why: 'too many files are open', nextStep: 'Raise the limit with "ulimit -n"' },
  ENFILE: { why: 'too many files are open on this machine', nextStep: 'Close other programs and try again' },
  ENOMEM: { why: 'there is not enough memory', nextStep: 'Close other programs and try again' },
};

/** A failed call of the operating system that the user can do something about; undefined for everything else. */
export function systemError(error: unknown): TspackError<'SYSTEM'> | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, syscall, path } = error as NodeJS.ErrnoException;
  const trouble = code === undefined ? undefined : TROUBLE[code];
  if (trouble === undefined) return undefined;
  const what = path === undefined ? 'go on' : `${syscall ?? 'use'} "${path}"`;
  return new TspackError({ code: 'SYSTEM', message: `Cannot ${what}: ${trouble.why} (${code})`, nextStep: trouble.nextStep, cause: error });
}
