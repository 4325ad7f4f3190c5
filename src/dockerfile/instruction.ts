import type { DockerfilePlace } from './dockerfile-error.ts';

/** A command line: for a shell, or program and arguments (the exec form, a JSON array). */
export type CommandForm = { readonly form: 'shell'; readonly text: string } | { readonly form: 'exec'; readonly arguments: readonly string[] };

/** A here-document: text that stands in the Dockerfile itself. */
export interface HereDocument {
  readonly name: string;
  /** Without the line of the delimiter; leading tabs are gone where `<<-` asks for it. Ends with a line feed unless empty. */
  readonly content: string;
  /** The delimiter is not quoted: variables are expanded by whoever reads it (COPY: us; RUN: the shell). */
  readonly expand: boolean;
  /** `<<-EOF`, as the shell is to see it. */
  readonly operator: string;
}

/** A name with a value, both with quotes and variables as they are written. */
export interface RawPair {
  readonly name: string;
  readonly value: string;
}

/** A mount of a RUN (`--mount=`), unexpanded. */
export type RunMount = Readonly<Record<string, string>>;

interface Located extends DockerfilePlace {
  /** The instruction on one line, as history and output show it. */
  readonly source: string;
}

export interface FromInstruction extends Located {
  readonly keyword: 'FROM';
  readonly image: string;
  /** Lower-case. */
  readonly name?: string;
  readonly platform?: string;
}

export interface RunInstruction extends Located {
  readonly keyword: 'RUN';
  readonly command: CommandForm;
  readonly heredocs: readonly HereDocument[];
  readonly mounts: readonly RunMount[];
  readonly network: 'default' | 'none' | 'host';
  readonly security: string;
  /** Names of devices (`--device=`). */
  readonly devices: readonly string[];
}

export interface CopyInstruction extends Located {
  readonly keyword: 'COPY' | 'ADD';
  readonly sources: readonly string[];
  /** Files whose content stands in the Dockerfile; they come after `sources`. */
  readonly heredocs: readonly HereDocument[];
  readonly destination: string;
  /** A stage or an image. */
  readonly from?: string;
  readonly chown?: string;
  readonly chmod?: string;
  readonly checksum?: string;
  readonly exclude: readonly string[];
  readonly link: boolean;
  readonly parents: boolean;
  /** Of ADD. */
  readonly unpack?: boolean;
}

export interface ArgInstruction extends Located {
  readonly keyword: 'ARG';
  readonly arguments: readonly { readonly name: string; readonly value?: string }[];
}

export interface PairsInstruction extends Located {
  readonly keyword: 'ENV' | 'LABEL';
  readonly pairs: readonly RawPair[];
}

export interface WordInstruction extends Located {
  readonly keyword: 'USER' | 'STOPSIGNAL';
  readonly value: string;
}

export interface WorkdirInstruction extends Located {
  readonly keyword: 'WORKDIR';
  readonly value: string;
}

/** Deprecated since Docker 1.13. */
export interface MaintainerInstruction extends Located {
  readonly keyword: 'MAINTAINER';
  readonly value: string;
}

export interface WordsInstruction extends Located {
  readonly keyword: 'EXPOSE' | 'VOLUME';
  readonly values: readonly string[];
}

export interface CommandInstruction extends Located {
  readonly keyword: 'CMD' | 'ENTRYPOINT';
  readonly command: CommandForm;
}

export interface ShellInstruction extends Located {
  readonly keyword: 'SHELL';
  readonly arguments: readonly string[];
}

export interface HealthcheckInstruction extends Located {
  readonly keyword: 'HEALTHCHECK';
  /** undefined for `NONE`. */
  readonly command: CommandForm | undefined;
  /** Of `interval`, `timeout`, `start-period`, `start-interval` (durations as Go writes them) and `retries`. */
  readonly options: Readonly<Record<string, string>>;
}

export interface OnbuildInstruction extends Located {
  readonly keyword: 'ONBUILD';
  /** The instruction that a later FROM of the image runs. */
  readonly trigger: string;
}

/** An instruction of a stage, checked, its variables not yet expanded. */
export type Instruction =
  | RunInstruction
  | CopyInstruction
  | ArgInstruction
  | PairsInstruction
  | WordInstruction
  | WorkdirInstruction
  | MaintainerInstruction
  | WordsInstruction
  | CommandInstruction
  | ShellInstruction
  | HealthcheckInstruction
  | OnbuildInstruction;

/** What stands from one FROM to the next. */
export interface Stage {
  readonly from: FromInstruction;
  readonly instructions: readonly Instruction[];
}

/** A parsed Dockerfile. */
export interface Dockerfile {
  /** As people know the file. */
  readonly file: string;
  /** What continues a line and escapes a character: `\`, or a backtick where the directive says so. */
  readonly escape: string;
  /** ARG before the first FROM, for the FROMs. */
  readonly globalArguments: readonly ArgInstruction[];
  readonly stages: readonly Stage[];
}

/** An instruction on one line, as the parser of lines gives it. */
export interface RawInstruction {
  readonly file: string;
  readonly line: number;
  /** Upper-case. */
  readonly keyword: string;
  /** What follows the keyword, flags included. */
  readonly text: string;
  readonly heredocs: readonly HereDocument[];
  readonly escape: string;
}
