import { cpSync, constants, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { imageCommand } from './image-command.ts';
import { readImageUser } from './image-user.ts';
import { unpackImage } from '../oci/index.ts';
import { planPorts } from './plan-ports.ts';
import { forwardPort } from './port-forwarder.ts';
import { createStopper } from './stopper.ts';
import type { EventSink } from '../foundation/index.ts';
import type { Executor, HostPath, Mount, ProcessExit, ProcessSpec, SandboxPath } from '../executor/index.ts';
import type { Image } from '../oci/index.ts';
import type { RunEvent } from './events.ts';
import type { PortForwarder } from './port-forwarder.ts';
import type { PlannedPort, PublishedPort } from './plan-ports.ts';
import type { RunUser } from './image-user.ts';

export interface RunImageOptions {
  readonly image: Image;
  readonly executor: Executor;
  /** Holds unpacked layers and images; see `unpackImage`. */
  readonly cacheDirectory: string;
  /** Existing folder of this run alone, on the file system of `cacheDirectory`; its owner removes it afterwards. */
  readonly workDirectory: string;
  /** Whether overlay mounts work with `workDirectory`; without, each run copies the image's files. */
  readonly overlay: boolean;
  /** What the application sees of this machine, such as its `/etc/resolv.conf`. */
  readonly mounts: readonly Mount[];
  /** A process type of a buildpacks image; absent: the image's entrypoint. */
  readonly process?: string;
  readonly args: readonly string[];
  /** Whether the image's files cannot be changed; `/tmp` can be written to all the same. */
  readonly readOnly: boolean;
  /** Wins over the image's own variables. */
  readonly env: Readonly<Record<string, string>>;
  readonly ports: readonly PublishedPort[];
  readonly hostname: string;
  readonly stdout: (chunk: Uint8Array) => void;
  readonly stderr: (chunk: Uint8Array) => void;
  readonly interactive: boolean;
  readonly events: EventSink<RunEvent>;
  /** Asks the application to stop (the image's StopSignal, else SIGTERM); after a grace period everything is killed. */
  readonly signal: AbortSignal;
  /** Default 10,000. */
  readonly graceMilliseconds?: number;
}

const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * Runs an image in a sandbox that shares the network of this machine, and returns how its process ended, also when
 * it was asked to stop. What it writes is gone afterwards.
 *
 * Throws `RUN_PORT_UNAVAILABLE`, `RUN_PROCESS_UNKNOWN`, `RUN_COMMAND_MISSING`, `RUN_USER_UNKNOWN`, `SANDBOX_FAILED`,
 * and the abort reason when stopped before the application started.
 */
export async function runImage(options: RunImageOptions): Promise<ProcessExit> {
  const { image, events } = options;
  const config = image.config.config ?? {};
  await using plan = await planPorts(options.ports, 'PORT' in options.env);
  const rootfs = await unpackImage(options);
  const user = readImageUser(rootfs, config.User ?? '');
  const command = imageCommand(rootfs, config, options.process, options.args);

  await using _published = await publish(plan.ports, events);
  await using sandbox = await options.executor.open({
    root: rootfs as HostPath,
    user: { uid: user.uid, gid: user.gid },
    mounts: [...(options.readOnly ? [] : [writableRoot(rootfs, options.workDirectory, options.overlay)]), ...options.mounts],
    network: 'host',
    hostname: options.hostname,
  });
  using stopper = createStopper({
    ...{ signal: options.signal, stopSignal: config.StopSignal, graceMilliseconds: options.graceMilliseconds ?? 10_000, events },
  });
  const spec: ProcessSpec = {
    command,
    cwd: (config.WorkingDir === undefined || config.WorkingDir === '' ? '/' : config.WorkingDir) as SandboxPath,
    env: runEnv(options, user, plan.ports[0]),
    stdout: options.stdout,
    stderr: options.stderr,
    interactive: options.interactive,
    signal: stopper.killed,
    onStart: (running) => {
      stopper.attach(running);
      events({ kind: 'started', command });
    },
  };
  return await stopper.settle(sandbox.run(spec)); // awaited here, while the sandbox is open
}

/** Listens before the application starts, so that a port in use costs nothing. */
async function publish(ports: readonly PlannedPort[], events: EventSink<RunEvent>): Promise<AsyncDisposable> {
  const forwarders: PortForwarder[] = [];
  const close = async (): Promise<void> => void (await Promise.all(forwarders.map((forwarder) => forwarder[Symbol.asyncDispose]())));
  try {
    for (const { hostAddress, hostPort, applicationPort, forwarded } of ports) {
      if (forwarded) forwarders.push(await forwardPort(hostAddress, hostPort, applicationPort));
      events({ kind: 'listening', hostAddress, hostPort: forwarded ? (forwarders.at(-1)?.port ?? hostPort) : hostPort, applicationPort, forwarded });
    }
  } catch (error) {
    await close();
    throw error;
  }
  return { [Symbol.asyncDispose]: close };
}

/** Applications may write anywhere, as in a container, and the unpacked image stays as it is. */
function writableRoot(rootfs: string, directory: string, overlay: boolean): Mount {
  const target = '/' as SandboxPath;
  const folder = (name: string): HostPath => join(directory, name) as HostPath;
  if (!overlay) {
    cpSync(rootfs, folder('root'), { recursive: true, verbatimSymlinks: true, mode: constants.COPYFILE_FICLONE });
    return { kind: 'bind', source: folder('root'), target, writable: true };
  }
  for (const name of ['upper', 'work']) mkdirSync(folder(name), { mode: 0o755 });
  return { kind: 'overlay', lower: rootfs as HostPath, upper: folder('upper'), work: folder('work'), target };
}

/** The image's variables, what a container runtime adds, the port, and the caller's, which win. */
function runEnv(options: RunImageOptions, user: RunUser, port: PlannedPort | undefined): Readonly<Record<string, string>> {
  const own = (options.image.config.config?.Env ?? []).map((line) => {
    const at = line.indexOf('=');
    return at < 0 ? [line, ''] : [line.slice(0, at), line.slice(at + 1)];
  });
  return {
    PATH: DEFAULT_PATH,
    HOME: user.home,
    HOSTNAME: options.hostname,
    ...(Object.fromEntries(own) as Record<string, string>),
    ...(port === undefined ? {} : { PORT: String(port.applicationPort) }),
    ...options.env,
  };
}
