import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { TspackError } from '../../src/foundation/index.ts';
import type { BuildEnvironment, Executor, HostPath, ProcessExit, ProcessSpec, Sandbox } from '../../src/executor/index.ts';

/** What a JavaScript buildpack can do. Paths it is given are sandbox paths; `hostPath` finds the file. */
export interface FakeProcess {
  readonly spec: ProcessSpec;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  hostPath(path: string): string;
  print(text: string): void;
  printError(text: string): void;
}

/** Returns the exit code. */
export type FakeProgram = (process: FakeProcess) => number | Promise<number>;

export interface FakeSandboxOptions {
  /** Sandbox folder -> host folder; the longest that fits is used. */
  readonly mounts: Readonly<Record<string, string>>;
  /** Programs by sandbox path. Any other is run on the host, if it is a script in one of the mounts. */
  readonly programs?: Readonly<Record<string, FakeProgram>>;
}

/**
 * A sandbox without isolation: runs JavaScript functions as executables, and real scripts directly on the host, with
 * sandbox paths in arguments and environment replaced by those of the host. It keeps every process it was asked to run.
 */
export class FakeSandbox implements Sandbox {
  readonly processes: ProcessSpec[] = [];
  /** How many ran at the same time, at most. */
  mostAtOnce = 0;
  #running = 0;
  readonly #options: FakeSandboxOptions;

  constructor(options: FakeSandboxOptions) {
    this.#options = options;
  }

  async run(spec: ProcessSpec): Promise<ProcessExit> {
    spec.signal?.throwIfAborted();
    this.processes.push(spec);
    this.mostAtOnce = Math.max(this.mostAtOnce, ++this.#running);
    try {
      const program = this.#options.programs?.[spec.command[0]!];
      return await (program === undefined ? this.#runScript(spec) : this.#runFunction(program, spec));
    } finally {
      this.#running--;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  hostPath(path: string): string {
    const mount = Object.keys(this.#options.mounts)
      .filter((target) => target === '/' || path === target || path.startsWith(`${target}/`))
      .sort((a, b) => b.length - a.length)[0];
    if (mount === undefined) throw new Error(`${path} is not mounted in the fake sandbox`);
    return join(this.#options.mounts[mount]!, mount === '/' ? path : path.slice(mount.length));
  }

  async #runFunction(program: FakeProgram, spec: ProcessSpec): Promise<ProcessExit> {
    await Promise.resolve();
    const code = await program({
      spec,
      args: spec.command.slice(1),
      env: spec.env,
      hostPath: (path) => this.hostPath(path),
      print: (text) => spec.stdout?.(Buffer.from(text)),
      printError: (text) => spec.stderr?.(Buffer.from(text)),
    });
    return { code, signal: undefined };
  }

  #runScript(spec: ProcessSpec): Promise<ProcessExit> {
    const translate = (text: string): string =>
      Object.entries(this.#options.mounts)
        .filter(([target]) => target !== '/')
        .sort(([a], [b]) => b.length - a.length)
        .reduce((result, [target, source]) => result.replaceAll(new RegExp(`(?<![\\w/.-])${target}(?![\\w.-])`, 'g'), source), text);
    const [file, ...args] = spec.command.map(translate);
    if (file === undefined || !existsSync(file)) throw new Error(`The fake sandbox has no program ${spec.command[0] ?? ''}`);
    return new Promise((resolve, reject) => {
      const child = spawn(file, args, {
        cwd: this.hostPath(spec.cwd),
        env: Object.fromEntries(Object.entries(spec.env).map(([name, value]) => [name, translate(value)])),
        stdio: ['ignore', 'pipe', 'pipe'],
        ...(spec.signal === undefined ? {} : { signal: spec.signal, killSignal: 'SIGKILL' }),
      });
      child.stdout.on('data', (chunk: Uint8Array) => spec.stdout?.(chunk));
      child.stderr.on('data', (chunk: Uint8Array) => spec.stderr?.(chunk));
      child.on('error', (cause) =>
        reject(new TspackError({ code: 'PROGRAM_NOT_STARTED', message: `Cannot start '${spec.command[0] ?? ''}': ${cause.message}`, cause })),
      );
      child.on('close', (code, signal) => resolve({ code: code ?? undefined, signal: signal ?? undefined }));
    });
  }
}

/** An executor whose sandboxes are {@link FakeSandbox}es over the bind mounts of their environment. */
export class FakeExecutor implements Executor {
  readonly name = 'inline';
  readonly opened: { readonly environment: BuildEnvironment; readonly sandbox: FakeSandbox }[] = [];
  readonly #programs: Readonly<Record<string, FakeProgram>>;

  constructor(programs: Readonly<Record<string, FakeProgram>> = {}) {
    this.#programs = programs;
  }

  open(environment: BuildEnvironment): Promise<FakeSandbox> {
    const folders = environment.mounts.flatMap((mount): readonly (readonly [string, HostPath])[] =>
      mount.kind === 'bind' ? [[mount.target, mount.source]] : mount.kind === 'overlay' ? [[mount.target, mount.upper]] : [],
    );
    const sandbox = new FakeSandbox({ mounts: { '/': environment.root, ...Object.fromEntries(folders) }, programs: this.#programs });
    this.opened.push({ environment, sandbox });
    return Promise.resolve(sandbox);
  }
}
