import { TspackError } from '../foundation/index.ts';

export type DockerfileErrorCode =
  /** The text is not a Dockerfile. */
  | 'DOCKERFILE_INVALID'
  /** It is one, and asks for what is not done here. */
  | 'DOCKERFILE_UNSUPPORTED'
  /** A file that COPY or ADD names cannot be taken. */
  | 'DOCKERFILE_COPY_FAILED'
  /** A command of RUN failed. */
  | 'DOCKERFILE_RUN_FAILED';

/** Where in a Dockerfile something is. */
export interface DockerfilePlace {
  /** As people know the file. */
  readonly file: string;
  /** Counts from 1. */
  readonly line: number;
}

/** Something is wrong with an instruction, or went wrong in it. */
export class DockerfileError extends TspackError<DockerfileErrorCode> {
  readonly file: string;
  readonly line: number;
  /** How the command of a RUN ended; undefined when a signal ended it, and for other codes. */
  readonly exitCode: number | undefined;

  constructor(
    place: DockerfilePlace,
    options: {
      readonly code?: DockerfileErrorCode;
      /** What is wrong, as the end of a sentence. */
      readonly problem: string;
      readonly nextStep?: string;
      readonly cause?: unknown;
      readonly exitCode?: number | undefined;
    },
  ) {
    const { code = 'DOCKERFILE_INVALID', problem, nextStep, cause } = options;
    const action = code === 'DOCKERFILE_INVALID' ? 'read' : 'execute';
    super({ code, message: `Cannot ${action} ${place.file}:${place.line}: ${problem}`, nextStep, cause });
    this.file = place.file;
    this.line = place.line;
    this.exitCode = options.exitCode;
  }
}
