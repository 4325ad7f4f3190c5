import { TspackError } from '../foundation/index.ts';
import { parseControl } from './control.ts';
import type { Keyring } from './keyring.ts';
import { verifyClearSigned } from './signature.ts';

/** A file that a release vouches for. */
export interface ReleaseFile {
  readonly sha256: string;
  readonly sizeBytes: number;
}

/** A release file whose signature, name and age have been checked. */
export interface Release {
  readonly codename: string;
  readonly date: Date;
  /** undefined when the suite never goes stale: stable itself changes only with point releases. */
  readonly validUntil: Date | undefined;
  /** Whether files can be fetched by their hash, which stays right while the mirror moves on. */
  readonly acquireByHash: boolean;
  readonly notAutomatic: boolean;
  /** By path below `dists/<suite>/`. */
  readonly files: ReadonlyMap<string, ReleaseFile>;
}

export interface ReleaseExpectation {
  /** Whose keys may sign it. */
  readonly keyring: Keyring;
  /** The codename it must name. */
  readonly suite: string;
  readonly now: Date;
  /** The `Date` of the newest release file seen of this suite: an older one is a replay. */
  readonly lastSeenDate?: Date | undefined;
}

/** How far ahead of ours the archive's clock may be. */
const CLOCK_TOLERANCE_MILLISECONDS = 24 * 60 * 60 * 1000;

/**
 * Verifies an `InRelease` file and reads it (Debian's RepositoryFormat). Only the text inside the signature is read.
 * Throws `DEBIAN_SIGNATURE_INVALID`, `DEBIAN_RELEASE_WRONG_SUITE`, `DEBIAN_RELEASE_EXPIRED`, `DEBIAN_RELEASE_OLDER`,
 * `DEBIAN_RELEASE_INVALID`.
 */
export async function verifyRelease(inReleaseText: string, expectation: ReleaseExpectation): Promise<Release> {
  const { suite, now, lastSeenDate } = expectation;
  const text = await verifyClearSigned(inReleaseText, expectation.keyring, now, suite);
  const release = parseRelease(text, suite);
  if (release.codename !== suite) {
    throw new TspackError({
      code: 'DEBIAN_RELEASE_WRONG_SUITE',
      message: `Cannot use the release file of "${suite}": it is signed for "${release.codename}"`,
      nextStep: 'Check the mirror, which serves another suite under this name',
    });
  }
  if (release.validUntil !== undefined && release.validUntil.getTime() < now.getTime()) {
    throw new TspackError({
      code: 'DEBIAN_RELEASE_EXPIRED',
      message: `Cannot use the release file of "${suite}": it was valid until ${release.validUntil.toISOString()}, and now is ${now.toISOString()}`,
      nextStep: 'Check the clock, then use a mirror that is up to date',
    });
  }
  if (release.date.getTime() > now.getTime() + CLOCK_TOLERANCE_MILLISECONDS) {
    throw new TspackError({
      code: 'DEBIAN_RELEASE_INVALID',
      message: `Cannot use the release file of "${suite}": its date ${release.date.toISOString()} lies in the future`,
      nextStep: 'Set the clock of this machine',
    });
  }
  if (lastSeenDate !== undefined && release.date.getTime() < lastSeenDate.getTime()) {
    throw new TspackError({
      code: 'DEBIAN_RELEASE_OLDER',
      message: `Cannot use the release file of "${suite}": it is of ${release.date.toISOString()}, but one of ${lastSeenDate.toISOString()} was seen before`,
      nextStep: 'Use a mirror that is up to date',
    });
  }
  return release;
}

function parseRelease(text: string, suite: string): Release {
  const [fields, ...others] = parseControl(text);
  if (fields === undefined || others.length > 0) throw invalidRelease(suite, 'it is not one paragraph');
  const files = new Map<string, ReleaseFile>();
  for (const line of (fields.get('sha256') ?? '').split('\n')) {
    const match = /^([0-9a-f]{64})\s+(\d{1,15})\s+(\S+)$/.exec(line.trim());
    if (match !== null) files.set(match[3]!, { sha256: match[1]!, sizeBytes: Number(match[2]) });
  }
  if (files.size === 0) throw invalidRelease(suite, 'it has no SHA256 list');
  const validUntil = fields.get('valid-until');
  return {
    codename: fields.get('codename') ?? '',
    date: parseDate(fields.get('date'), 'Date', suite),
    validUntil: validUntil === undefined ? undefined : parseDate(validUntil, 'Valid-Until', suite),
    acquireByHash: fields.get('acquire-by-hash') === 'yes',
    notAutomatic: fields.get('notautomatic') === 'yes',
    files,
  };
}

/** `Sat, 12 Sep 2026 07:55:41 UTC`. */
function parseDate(text: string | undefined, field: string, suite: string): Date {
  const date = new Date(text ?? '');
  if (text !== undefined && / (UTC|GMT|[+]0000)$/.test(text) && !Number.isNaN(date.getTime())) return date;
  throw invalidRelease(suite, `its ${field} is ${JSON.stringify(text)}`);
}

function invalidRelease(suite: string, reason: string): TspackError {
  return new TspackError({
    code: 'DEBIAN_RELEASE_INVALID',
    message: `Cannot read the release file of "${suite}": ${reason}`,
    nextStep: 'Use another mirror',
  });
}
