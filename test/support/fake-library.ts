import type { BuildEvent, BuildOptions, BuildResult, RunOptions, Tspack } from '../../src/index.ts';
import type { CliContext } from '../../src/cli/context.ts';
import { runCli } from '../../src/cli/run.ts';

const digest = (digit: string) => `sha256:${digit.repeat(64)}` as BuildResult['imageId'];

/** What a test wants of the library; anything else that is called throws. */
export type FakeLibrary = Partial<Tspack>;

export interface CliRun {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliSetting {
  readonly library?: FakeLibrary;
  readonly environment?: Readonly<Record<string, string>>;
  readonly workingDirectory?: string;
  readonly terminal?: boolean;
  readonly columns?: number;
  readonly signal?: AbortSignal;
  readonly stdin?: string;
  /** What the user answers to questions, in order. */
  readonly answers?: string[];
  /** Asked for the time; it stands still without one. */
  readonly now?: () => Date;
}

/** Runs a command line with its streams caught and a library that the test gives. */
export async function runFake(argv: readonly string[], setting: CliSetting = {}): Promise<CliRun> {
  const written = { stdout: '', stderr: '' };
  const stream = (name: 'stdout' | 'stderr') => ({
    write: (text: string) => void (written[name] += text),
    isTerminal: setting.terminal ?? false,
    columns: setting.columns ?? 80,
  });
  const context: CliContext = {
    stdout: stream('stdout'),
    stderr: stream('stderr'),
    writeBytes: (name, bytes) => void (written[name] += Buffer.from(bytes).toString('utf8')),
    pipeOut: async (source) => {
      for await (const chunk of source) written.stdout += Buffer.from(chunk).toString('utf8');
    },
    standardInput: async function* () {
      yield Buffer.from(setting.stdin ?? '');
    },
    ask: async (question) => {
      written.stderr += question;
      return setting.answers?.shift() ?? '';
    },
    stdinIsTerminal: setting.terminal ?? false,
    environment: setting.environment ?? {},
    workingDirectory: setting.workingDirectory ?? '/project',
    now: setting.now ?? (() => new Date(Date.UTC(2024, 0, 2, 3, 4, 5, 678))),
    signal: setting.signal ?? new AbortController().signal,
    version: '1.2.3',
    openLibrary: async () =>
      new Proxy({} as Tspack, {
        get: (_target, name) => {
          const member = setting.library?.[name as keyof FakeLibrary];
          // A promise of this object asks it for `then`.
          if (member === undefined && name !== 'then') throw new Error(`the test did not expect a call of ${String(name)}`);
          return member;
        },
      }),
  };
  const code = await runCli(argv, context);
  return { code, ...written };
}

/** A library that builds whatever it is asked to, after some events; it keeps the options. */
export function buildingLibrary(events: readonly BuildEvent[] = [], result: Partial<BuildResult> = {}) {
  const asked: BuildOptions[] = [];
  const library: FakeLibrary = {
    build: async (options, task) => {
      asked.push(options);
      for (const event of events) task.events(event);
      return {
        name: 'example.com/team/myapp:1.2',
        imageId: digest('a'),
        sizeBytes: 141_300_000,
        defaultProcess: 'web',
        layers: [
          { name: 'tspack/nodejs:runtime', diffId: digest('1'), sizeBytes: 98_000_000, reused: true },
          { name: 'app', diffId: digest('2'), sizeBytes: 1_204_000, reused: false },
        ],
        milliseconds: 4321,
        record: { facts: [] },
        ...result,
      };
    },
  };
  return { asked, library };
}

/** A library whose `run` ends as told; it keeps the options. */
export function runningLibrary(exit: Awaited<ReturnType<Tspack['run']>>, output = '') {
  const asked: RunOptions[] = [];
  const library: FakeLibrary = {
    run: async (options) => {
      asked.push(options);
      options.stdout(new TextEncoder().encode(output));
      return exit;
    },
  };
  return { asked, library };
}

export { digest };
