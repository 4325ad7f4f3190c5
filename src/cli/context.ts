import type { EventSink, Tspack } from '../index.ts';

/** A place for text: standard output or standard error. */
export interface TextStream {
  write(text: string): void;
  /** Whether people read it as it comes. */
  readonly isTerminal: boolean;
  /** Width in characters; 80 where nobody knows. */
  readonly columns: number;
}

/** Everything outside that a command may touch. Tests pass their own. */
export interface CliContext {
  readonly stdout: TextStream;
  readonly stderr: TextStream;
  /** Bytes that go out unchanged: what `tspack run` passes through. */
  readonly writeBytes: (stream: 'stdout' | 'stderr', bytes: Uint8Array) => void;
  /** The same for a whole stream, at the speed of whoever reads it. Throws `OUTPUT_CLOSED` when nobody does any more. */
  readonly pipeOut: (source: AsyncIterable<Uint8Array>) => Promise<void>;
  /** What comes on standard input, as bytes. */
  readonly standardInput: () => AsyncIterable<Uint8Array>;
  /** Asks the user on the terminal. What answers a `secret` question is not shown. */
  readonly ask: (question: string, kind: 'open' | 'secret') => Promise<string>;
  readonly stdinIsTerminal: boolean;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly workingDirectory: string;
  readonly now: () => Date;
  /** Fires on Ctrl-C and on SIGTERM. */
  readonly signal: AbortSignal;
  readonly version: string;
  readonly openLibrary: () => Promise<Tspack>;
}

/** How a command's result and progress are shown; from the flags that each command has. */
export interface DisplayOptions {
  readonly quiet: boolean;
  readonly verbose: boolean;
  readonly color: boolean;
  readonly timestamps: boolean;
  /** JSON: docs/log-format.md. */
  readonly logFormat: 'text' | 'json';
}

/** What a command gets: the outside, how to show things, and where events go. */
export interface CommandContext extends CliContext {
  readonly display: DisplayOptions;
}

export type { EventSink };
