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
  /** uid and gid that processes see themselves as. Files they make belong to the caller outside. */
  readonly user: { readonly uid: number; readonly gid: number };
  /** Applied in order, parents before children. */
  readonly mounts: readonly Mount[];
  /** `none` leaves only an own loopback interface. */
  readonly network: 'host' | 'none';
  readonly hostname: string;
}

export interface ProcessSpec {
  /** Program (a path inside, or looked up in the PATH of `env`) and its arguments. */
  readonly command: readonly string[];
  readonly cwd: SandboxPath;
  /** The whole environment; nothing is inherited from the host. */
  readonly env: Readonly<Record<string, string>>;
  /** Without a sink the stream goes to the sink's default: nowhere. Standard input is empty unless `interactive`. */
  readonly stdout?: (chunk: Uint8Array) => void;
  readonly stderr?: (chunk: Uint8Array) => void;
  /** Connect the terminal (stdin, stdout, stderr) straight through; the sinks are then unused. */
  readonly interactive?: boolean;
  /** Mounts of this process alone, after those of the environment. */
  readonly mounts?: readonly Mount[];
  /** When it fires, every process of the sandbox is killed and `run` rejects with the reason. */
  readonly signal?: AbortSignal;
  /** Signals to pass on to the process while it runs, one value each (for `tspack run`). */
  readonly forwardSignals?: boolean;
}

/** How a process ended. A non-zero exit is a value, not an error. */
export interface ProcessExit {
  /** undefined when a signal ended it. */
  readonly code: number | undefined;
  readonly signal: string | undefined;
}

export interface Sandbox extends AsyncDisposable {
  /** Runs one process, and ends every process that it leaves behind. Throws `SANDBOX_FAILED` when it could not be started. */
  run(process: ProcessSpec): Promise<ProcessExit>;
}

export interface Executor {
  readonly name: 'sandbox' | 'container' | 'inline';
  open(environment: BuildEnvironment): Promise<Sandbox>;
}

/** Whether an executor works on this machine, measured by running `true` in it. */
export type ExecutorProbe =
  | { readonly name: Executor['name']; readonly usable: true; readonly overlay: boolean; readonly detail: string }
  | { readonly name: Executor['name']; readonly usable: false; readonly reason: string; readonly nextStep: string };
