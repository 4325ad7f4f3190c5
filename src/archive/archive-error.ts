import { TspackError } from '../foundation/index.ts';

/** The archive is damaged, cut, or of a kind that is not read. */
export function archiveInvalid(why: string, cause?: unknown): TspackError {
  return new TspackError({
    code: 'ARCHIVE_INVALID',
    message: `Cannot read the archive: ${why}`,
    nextStep: 'Get the archive again, or make it with GNU tar',
    cause,
  });
}

/** The archive would write, link or point outside the folder it is extracted to. */
export function archiveUnsafe(path: string, why: string): TspackError {
  return new TspackError({
    code: 'ARCHIVE_UNSAFE',
    message: `Cannot extract ${JSON.stringify(path)}: ${why}`,
    nextStep: 'Do not use this archive, or ask its author for one without such entries',
  });
}

/** The archive holds more than the caller allows. */
export function archiveTooLarge(what: string): TspackError {
  return new TspackError({ code: 'ARCHIVE_TOO_LARGE', message: `Cannot read the archive: ${what}` });
}
