declare const hostPath: unique symbol;
declare const sandboxPath: unique symbol;

/** An absolute path on the machine that runs tspack. */
export type HostPath = string & { readonly [hostPath]: true };
/** An absolute path as a process in a build environment sees it. The two worlds never mix by accident. */
export type SandboxPath = string & { readonly [sandboxPath]: true };

export type Mount =
  | { readonly kind: 'bind'; readonly source: HostPath; readonly target: SandboxPath; readonly writable: boolean }
  /** A folder whose content appears at `target`; what is written goes to `upper`, never to `lower`. `work` is empty, on the file system of `upper`. */
  | {
      readonly kind: 'overlay';
      readonly lower: HostPath;
      readonly upper: HostPath;
      readonly work: HostPath;
      readonly target: SandboxPath;
    }
  | { readonly kind: 'tmpfs'; readonly target: SandboxPath };

/** Where processes run: an unpacked image and what is mounted over it. */
export interface BuildEnvironment {
  /** Folder with the unpacked image; it is never written to. */
  readonly root: HostPath;
  /** Layer folders of a `RootWorkshop` that lie over `root`, the topmost first; `root` is then a layer folder too. */
  readonly above?: readonly HostPath[];
  /** uid and gid that processes see themselves as. Files they make belong to the caller outside. */
  readonly user: { readonly uid: number; readonly gid: number };
  /** Applied in order, parents before children. `/proc`, `/dev` and an empty `/tmp` are there without being listed. */
  readonly mounts: readonly Mount[];
  /** `none` leaves only an own loopback interface. */
  readonly network: 'host' | 'none';
  readonly hostname: string;
}

export interface ProcessSpec {
  /** Program (a path inside, or looked up in the PATH of `env`) and its arguments. */
  readonly command: readonly string[];
  readonly cwd: SandboxPath;
  /** The whole environment; nothing is inherited from the host. An adapter may add PWD, which is then `cwd`. */
  readonly env: Readonly<Record<string, string>>;
  /**
   * Without a sink the stream goes nowhere. Give both the same function to keep the order of the two streams. All
   * output has been handed over when `run` resolves. Standard input is empty unless `interactive`.
   */
  readonly stdout?: (chunk: Uint8Array) => void;
  readonly stderr?: (chunk: Uint8Array) => void;
  /** Who the process runs as in a `WritableRoot`; root by default. Elsewhere the environment says. */
  readonly user?: { readonly uid: number; readonly gid: number; readonly groups?: readonly number[] };
  /** Connect the terminal (stdin, stdout, stderr) straight through; the sinks are then unused. */
  readonly interactive?: boolean;
  /** Mounts of this process alone, after those of the environment. */
  readonly mounts?: readonly Mount[];
  /** When it fires, every process of the sandbox is killed and `run` rejects with the reason. */
  readonly signal?: AbortSignal;
  /** Called once the process runs, with the means to signal it. */
  readonly onStart?: (running: RunningProcess) => void;
}

/** A process while it runs. */
export interface RunningProcess {
  /** Sends a signal to the process itself (not to those that it started). Does nothing once it has ended. */
  signal(name: 'SIGTERM' | 'SIGINT' | 'SIGQUIT' | 'SIGHUP' | 'SIGUSR1' | 'SIGUSR2' | 'SIGWINCH' | 'SIGKILL'): void;
}

/** How a process ended. A non-zero exit is a value, not an error. */
export interface ProcessExit {
  /** As a shell reports it: a process that a signal ended counts as 128 plus the signal's number. undefined when the sandbox itself was killed. */
  readonly code: number | undefined;
  /** The signal that ended the sandbox from outside. */
  readonly signal: string | undefined;
}

export interface Sandbox extends AsyncDisposable {
  /** Runs one process, and ends every process that it leaves behind. Throws `PROGRAM_NOT_STARTED` when the program itself could not be started, `SANDBOX_FAILED` when what it runs in could not. Calls may overlap. */
  run(process: ProcessSpec): Promise<ProcessExit>;
  /** Starts what its processes will share, so that the first of them need not wait for it. What cannot be had shows with that process. */
  prepare?(): void;
}

export interface Executor {
  readonly name: 'sandbox' | 'container' | 'inline';
  open(environment: BuildEnvironment): Promise<Sandbox>;
}

/** Whether an executor works on this machine, measured by running `true` in it. */
export type ExecutorProbe =
  | {
      readonly name: Executor['name'];
      readonly usable: true;
      /** What works less well here than it should; empty when nothing does. */
      readonly limits: readonly string[];
      readonly detail: string;
    }
  | { readonly name: Executor['name']; readonly usable: false; readonly reason: string; readonly nextStep: string };
