import { createDaemonClient, createDaemonImageStore, findDaemons } from '../daemon/index.ts';
import { formatImageReference } from '../oci/index.ts';
import { createMirrors, createRegistryStore } from '../registry/index.ts';
import { openCertificates, openKeychain } from './keychain.ts';
import { requireUsableDaemon, usableDaemon } from './usable-daemon.ts';
import type { Daemon, DaemonProbe } from '../daemon/index.ts';
import type { EventSink } from '../foundation/index.ts';
import type { HttpClient } from '../http/index.ts';
import type { Image, ImageReference, ImageStore } from '../oci/index.ts';
import type { BuildEvent, RunExit, RunOptions, Task } from '../platform/index.ts';
import type { RegistryEvent, RegistryStore } from '../registry/index.ts';
import type { Machine } from './machine.ts';

/** Registries, with the credentials of `CNB_REGISTRY_AUTH`, Docker and Podman, and the certificates of the latter. `client`: the machine's by default. */
export async function openRegistry(
  machine: Machine,
  insecureRegistries: readonly string[],
  events: EventSink<BuildEvent>,
  signal: AbortSignal,
  client?: Pick<HttpClient, 'request'>,
): Promise<RegistryStore> {
  const { environment, clock } = machine;
  const keychain = openKeychain(environment, (message) => events({ kind: 'message', level: 'warning', message }));
  return createRegistryStore({
    http: client ?? (await machine.http()),
    keychain,
    certificates: openCertificates(environment),
    clock,
    compressor: machine.store().compressor,
    insecureRegistries: [...insecureRegistries, ...(machine.configuration().find('insecure-registries')?.values ?? [])],
    mirrors: createMirrors(machine.configuration().map('registry-mirrors')),
    events: registryEvents(events),
    signal,
  });
}

function registryEvents(events: EventSink<BuildEvent>): EventSink<RegistryEvent> {
  return (event) => {
    if (event.kind === 'transfer') events(event);
    else if (event.kind === 'mirror-failed') {
      events({ kind: 'message', level: 'warning', message: `Not using mirror ${event.mirror}: ${event.reason}` });
    } else events({ kind: 'message', level: 'debug', message: JSON.stringify(event) });
  };
}

export function probeDaemons(machine: Machine): Promise<readonly DaemonProbe[]> {
  const { environment, clock, uid, version } = machine;
  return findDaemons({ env: environment, uid, home: environment.HOME, userAgent: `tspack/${version}`, clock });
}

const DAEMON_TITLES = { docker: 'Docker', podman: 'Podman' } as const;

export interface OpenedDaemon {
  readonly name: string;
  readonly images: ImageStore;
  readonly daemon: Daemon;
}

/** The first Docker or Podman that answers. */
export async function openDaemon(machine: Machine, signal: AbortSignal): Promise<OpenedDaemon | undefined> {
  const daemon = usableDaemon(await probeDaemons(machine));
  return daemon && opened(daemon, machine, signal);
}

/** Throws `DAEMON_UNREACHABLE`, with the reason of each place that was asked. */
export async function requireDaemon(machine: Machine, signal: AbortSignal): Promise<OpenedDaemon> {
  const nextStep = 'Start one of them, set DOCKER_HOST, or use --output docker-archive:<file>';
  return opened(requireUsableDaemon(await probeDaemons(machine), nextStep), machine, signal);
}

function opened(daemon: Daemon, machine: Machine, signal: AbortSignal): OpenedDaemon {
  const { compressor, blobs } = machine.store();
  return { name: DAEMON_TITLES[daemon.name], images: createDaemonImageStore({ daemon, compressor, blobs, signal }), daemon };
}

/** Loads an image into the daemon and runs it there. */
export async function runInDaemon(opened: OpenedDaemon, image: Image, reference: ImageReference, options: RunOptions, task: Task): Promise<RunExit> {
  task.events({ kind: 'step', id: 'load', label: `Loading the image into ${opened.name}`, finished: false });
  await opened.images.write(image, [reference]);
  task.events({ kind: 'step', id: 'load', label: `Loaded the image into ${opened.name}`, finished: true });
  const exit = await createDaemonClient(opened.daemon).runContainer({
    image: formatImageReference(reference),
    env: options.env,
    ...(options.process === undefined ? {} : { entrypoint: [`/cnb/process/${options.process}`] }),
    ...(options.args.length === 0 ? {} : { command: options.args }),
    ...(options.readOnly ? { readOnlyRoot: true, tmpfs: { '/tmp': 'mode=1777' } } : {}),
    ports: options.ports.map(({ hostAddress, hostPort, containerPort }) => ({ address: hostAddress, hostPort, containerPort })),
    stdout: options.stdout,
    stderr: options.stderr,
    signal: task.signal,
  });
  return { code: exit.code, signal: undefined };
}
