import { TspackError } from '../foundation/index.ts';

/** One thing that is wrong with a file. */
export interface SpecFileProblem {
  /** Where: `processes[1].command`; `''` is the whole file. */
  readonly keyPath: string;
  /** What: `want a list of strings, not a number`. */
  readonly problem: string;
}

/** A file or label of the specs that does not hold what it must. Carries all problems at once. */
export class SpecFileError extends TspackError<'SPEC_FILE_INVALID'> {
  readonly file: string;
  readonly problems: readonly SpecFileProblem[];

  constructor(file: string, problems: readonly SpecFileProblem[], nextStep?: string) {
    const shown = problems.map(({ keyPath, problem }) => (keyPath === '' ? problem : `${keyPath}: ${problem}`));
    super({ code: 'SPEC_FILE_INVALID', message: `Cannot use ${file}: ${shown.join('; ')}`, nextStep });
    this.file = file;
    this.problems = problems;
  }
}
