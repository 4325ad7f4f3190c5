import { TspackError } from '../foundation/index.ts';
import { DockerfileError } from './dockerfile-error.ts';
import { envOf, shellOf } from './container-config.ts';
import { indexChanges } from './root-index.ts';
import type { LayerTarEntry } from '../archive/index.ts';
import type { HostPath, ProcessExit, ProcessSpec, RootChange, SandboxPath, WritableRoot } from '../executor/index.ts';
import type { Account } from './accounts.ts';
import type { RunInstruction } from './instruction.ts';
import type { DockerfilePorts, RunSurroundings, StageImage } from './ports.ts';
import type { IndexChanges } from './root-index.ts';

const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** What a RUN is run with. */
export interface RunRequest {
  readonly instruction: RunInstruction;
  readonly image: StageImage;
  /** The image's layer folders, and one more where a mount has no place in it. */
  readonly lowers: readonly HostPath[];
  readonly account: Account;
  readonly arguments: Readonly<Record<string, string>>;
  readonly surroundings: RunSurroundings;
  /** Missing; becomes the layer folder. */
  readonly upper: HostPath;
  /** Absolute paths below which changes do not count. */
  readonly ignoredPaths: readonly string[];
  readonly signal?: AbortSignal;
}

/** What a RUN did to the root. */
export interface RunOutcome {
  /** Entries of its layer; empty when nothing has been changed. */
  readonly entries: readonly LayerTarEntry[];
  readonly changes: IndexChanges;
}

/**
 * Runs the command of a RUN over the image so far. `use` gets what it changed while the files can still be read.
 * Throws `DOCKERFILE_RUN_FAILED`, `DOCKERFILE_UNSUPPORTED` for a device that it made, and what the workshop throws.
 */
export async function runCommand<Result>(request: RunRequest, ports: DockerfilePorts, use: (outcome: RunOutcome) => Promise<Result>): Promise<Result> {
  const { instruction, image, lowers, account, surroundings, upper, signal } = request;
  const sink = (stream: 'stdout' | 'stderr') => (bytes: Uint8Array) => ports.events({ kind: 'output', stream, bytes });
  await using root = await ports.workshop.open({
    lowers,
    upper,
    mounts: surroundings.mounts,
    network: instruction.network === 'default' ? surroundings.network : instruction.network === 'none' ? 'none' : surroundings.network,
    hostname: surroundings.hostname,
  });
  const exit = await start(instruction, root, {
    command: commandLine(request),
    cwd: workingDirectory(image) as SandboxPath,
    env: { PATH: DEFAULT_PATH, HOME: account.home, ...surroundings.env, ...request.arguments, ...envOf(image.config) },
    user: { uid: account.uid, gid: account.gid, groups: account.groups },
    stdout: sink('stdout'),
    stderr: sink('stderr'),
    ...(signal === undefined ? {} : { signal }),
  });
  if (exit.code !== 0) throw runFailed(instruction, exit);
  const changes: RootChange[] = [];
  for await (const change of root.changes()) if (!isIgnored(change, request.ignoredPaths)) changes.push(change);
  return await use({
    entries: changes.flatMap((change) => layerEntries(change, instruction)),
    changes: indexChanges(changes),
  });
}

async function start(instruction: RunInstruction, root: WritableRoot, process: ProcessSpec): Promise<ProcessExit> {
  try {
    return await root.run(process);
  } catch (error) {
    // A shell that the image does not have.
    if (!(error instanceof TspackError) || error.code !== 'PROGRAM_NOT_STARTED') throw error;
    throw new DockerfileError(instruction, {
      code: 'DOCKERFILE_RUN_FAILED',
      problem: error.message,
      ...(error.nextStep === undefined ? {} : { nextStep: error.nextStep }),
      cause: error,
    });
  }
}

export function workingDirectory({ config }: Pick<StageImage, 'config'>): string {
  return config.WorkingDir === undefined || config.WorkingDir === '' ? '/' : config.WorkingDir;
}

/** Docker's: a here-document that is all there is of the command is a script; otherwise the shell reads it. */
function commandLine({ instruction, image }: RunRequest): readonly string[] {
  const { command, heredocs } = instruction;
  if (command.form === 'exec') return command.arguments;
  const shell = shellOf(image.config);
  const [first] = heredocs;
  if (first === undefined) return [...shell, command.text];
  if (heredocs.length === 1 && command.text === first.operator) {
    const interpreter = /^#!\s*(\S+)(?:\s+(\S.*?))?\s*\n/u.exec(first.content);
    // Without a file of its own: the interpreter reads the script as an argument, as Docker's shell does.
    return interpreter === null ? [...shell, first.content] : [...shell, hereScript(first.content, interpreter)];
  }
  const documents = heredocs.map(({ name, content }) => `${content}${name}\n`);
  return [...shell, `${command.text}\n${documents.join('')}`];
}

/** Runs a script of another interpreter from a file that is gone afterwards. */
function hereScript(content: string, interpreter: RegExpExecArray): string {
  const quoted = [interpreter[1]!, ...(interpreter[2] === undefined ? [] : [interpreter[2]])].map(shellQuoted).join(' ');
  return `exec ${quoted} /dev/fd/3 3<<'TSPACK_HEREDOC_END'\n${content}TSPACK_HEREDOC_END\n`;
}

const shellQuoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;

function runFailed(instruction: RunInstruction, exit: ProcessExit): DockerfileError {
  const how = exit.code === undefined ? `was ended by ${exit.signal ?? 'a signal'}` : `exited with ${exit.code}`;
  return new DockerfileError(instruction, {
    code: 'DOCKERFILE_RUN_FAILED',
    problem: `"${shortened(instruction.source)}" ${how}`,
    nextStep: 'Read the output of the command above',
    exitCode: exit.code,
  });
}

function shortened(source: string): string {
  return source.length <= 200 ? source : `${source.slice(0, 197)}...`;
}

function isIgnored({ path }: RootChange, ignored: readonly string[]): boolean {
  const text = `/${Buffer.from(path).toString('utf8')}`;
  return ignored.some((folder) => text === folder || text.startsWith(`${folder}/`));
}

const WHITEOUT = Buffer.from('.wh.');
const OPAQUE = Buffer.from('.wh..wh..opq');

/** A change as OCI layers tell it (image-spec `layer.md#representing-changes`). */
function layerEntries(change: RootChange, instruction: RunInstruction): readonly LayerTarEntry[] {
  const { path, mode, uid, gid } = change;
  const absolute = (bytes: Uint8Array) => Buffer.concat([Buffer.from('/'), bytes]);
  if (change.change === 'removed') {
    const at = Buffer.from(path).lastIndexOf('/') + 1;
    const whiteout = Buffer.concat([Buffer.from(path).subarray(0, at), WHITEOUT, Buffer.from(path).subarray(at)]);
    return [{ path: absolute(whiteout), type: 'file', mode: 0o644, uid: 0, gid: 0 }];
  }
  if (change.type === 'device' || change.type === 'none') {
    throw new DockerfileError(instruction, {
      code: 'DOCKERFILE_UNSUPPORTED',
      problem: `the command made the device "${Buffer.from(path).toString('utf8')}", which layers made here cannot hold`,
      nextStep: 'Make devices where the image runs',
    });
  }
  const entry: LayerTarEntry = {
    path: absolute(path),
    type: change.type,
    mode,
    uid,
    gid,
    ...(change.linkTarget === undefined ? {} : { linkTarget: change.linkTarget }),
    ...(change.source === undefined ? {} : { source: change.source }),
  };
  if (change.change !== 'opaque') return [entry];
  return [entry, { path: absolute(Buffer.concat([path, Buffer.from('/'), OPAQUE])), type: 'file', mode: 0o644, uid: 0, gid: 0 }];
}
