import type { MergedSbomRequest } from '../../index.ts';
import { usageError } from '../usage-error.ts';

type SbomFormat = MergedSbomRequest['formats'][number];

const FORMATS: readonly SbomFormat[] = ['cyclonedx', 'spdx', 'syft'];

/** The values of `--format`; all formats without one. Throws `USAGE`. */
export function parseSbomFormats(texts: readonly string[] = FORMATS): readonly SbomFormat[] {
  return texts.map((text) => {
    const format = FORMATS.find((known) => known === text.toLowerCase());
    if (format === undefined) throw usageError(`Cannot write a bill of materials as "${text}": want cyclonedx, spdx or syft`);
    return format;
  });
}
