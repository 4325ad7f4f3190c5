import { basename, join } from 'node:path';
import { hasDaemonImage, importDaemonImage, readDaemonSecurity } from '../daemon/index.ts';
import { createContainerExecutor, probeContainers, removeAbandonedContainers } from '../executor/container/index.ts';
import { TspackError } from '../foundation/index.ts';
import { isAlive, ownIdentity } from '../store/index.ts';
import { probeDaemons } from './images.ts';
import { openRootTar } from './root-tar.ts';
import { openToolbox } from './toolbox.ts';
import type { Daemon } from '../daemon/index.ts';
import type { ContainerOptions } from '../executor/container/index.ts';
import type { ExecutorProbe, HostPath } from '../executor/index.ts';
import type { EventSink } from '../foundation/index.ts';
import type { BuildEvent, BuildSandbox } from '../platform/index.ts';
import type { ProcessIdentity } from '../store/index.ts';
import type { Machine } from './machine.ts';

/** Of the images that hold unpacked roots in a daemon; their tags are the roots' keys. A host, so that no registry is asked. */
const REPOSITORY = 'localhost/tspack/build-base';

/** A daemon that builds can run in. */
export interface UsableContainers {
  readonly options: ContainerOptions;
  readonly probe: Extract<ExecutorProbe, { usable: true }>;
}

/** Tries each Docker and Podman that answers, by running a container; what is said of the first is why none is usable. */
export async function findContainers(
  machine: Machine,
  events: EventSink<BuildEvent>,
  signal: AbortSignal,
): Promise<UsableContainers | Extract<ExecutorProbe, { usable: false }>> {
  const refusals: Extract<ExecutorProbe, { usable: false }>[] = [];
  const unusable = (reason: string, nextStep: string) => void refusals.push({ name: 'container', usable: false, reason, nextStep });
  const answers = await probeDaemons(machine);
  for (const found of answers) {
    if (!found.usable) continue;
    const { os, architecture } = found.daemon.platform;
    if (os !== machine.platform.os || normalArchitecture(architecture) !== machine.platform.architecture) {
      unusable(
        `${found.daemon.address} runs ${os}/${architecture}, this machine ${machine.platform.os}/${machine.platform.architecture}`,
        'Use a Docker or Podman on this machine',
      );
      continue;
    }
    const load = (what: string) => (root: HostPath) => loadRoot(found.daemon, root, what, events, signal);
    const options = await containerOptions(machine, found.daemon, load('build image'));
    const toolbox = await openToolbox(machine, events, signal);
    const probe = await probeContainers({ ...options, imageOf: load('sandbox tools') }, toolbox.root as HostPath);
    if (probe.usable) return { options: { ...options, ...(probe.init === undefined ? {} : { init: probe.init }) }, probe };
    unusable(`${found.daemon.address}: ${probe.reason}`, probe.nextStep);
  }
  const [first] = refusals;
  if (first !== undefined) return first;
  // A place where one could be used, but for something that can be done.
  const near = answers.flatMap((answer) =>
    answer.usable || answer.nextStep === undefined ? [] : [{ reason: `${answer.origin}: ${answer.reason}`, nextStep: answer.nextStep }],
  )[0];
  return {
    name: 'container',
    usable: false,
    ...(near ?? { reason: 'neither Docker nor Podman answers here', nextStep: 'Start Docker or Podman, or set DOCKER_HOST' }),
  };
}

/** The engine's word and OCI's. */
function normalArchitecture(architecture: string): string {
  return architecture === 'x86_64' ? 'amd64' : architecture === 'aarch64' ? 'arm64' : architecture;
}

/** Builds in containers of a daemon, after removing those that killed builds left. */
export async function openContainers({ options, probe }: UsableContainers, events: EventSink<BuildEvent>): Promise<BuildSandbox> {
  for (const limit of probe.limits) events({ kind: 'message', level: 'warning', message: limit });
  await removeAbandonedContainers(options.daemon, isAbandoned);
  return {
    executor: createContainerExecutor(options),
    // What cannot be mounted cannot be listed either.
    overlaysWork: () => Promise.resolve(false),
    listMerged: () => Promise.reject(new Error('containers have no overlay mounts')),
  };
}

/** Throws `CONTAINERS_UNAVAILABLE` with what was measured. */
export async function requireContainers(machine: Machine, events: EventSink<BuildEvent>, signal: AbortSignal): Promise<BuildSandbox> {
  const found = await findContainers(machine, events, signal);
  if ('options' in found) return await openContainers(found, events);
  throw new TspackError({ code: 'CONTAINERS_UNAVAILABLE', message: `Cannot run buildpacks in containers: ${found.reason}`, nextStep: found.nextStep });
}

async function containerOptions(machine: Machine, daemon: Daemon, imageOf: ContainerOptions['imageOf']): Promise<ContainerOptions> {
  return {
    daemon,
    security: await readDaemonSecurity(daemon),
    caller: { uid: machine.uid, gid: process.getgid?.() ?? 0 },
    imageOf,
    ownDirectory: machine.home().work as HostPath,
    cacheDirectory: join(machine.home().cache, 'containers') as HostPath,
    owner: JSON.stringify(ownIdentity()),
  };
}

/** The folder of an unpacked image is named by what it is made of, and so is its image in the daemon. */
async function loadRoot(daemon: Daemon, root: HostPath, what: string, events: EventSink<BuildEvent>, signal: AbortSignal): Promise<string> {
  const name = { repository: REPOSITORY, tag: basename(root) };
  if (!(await hasDaemonImage(daemon, name, signal))) {
    const step = { kind: 'step', id: `load-${name.tag}`, label: `Loading the ${what} into ${daemon.name === 'docker' ? 'Docker' : 'Podman'}` } as const;
    events({ ...step, finished: false });
    await importDaemonImage(daemon, name, () => openRootTar(root), signal);
    events({ ...step, finished: true });
  }
  return `${name.repository}:${name.tag}`;
}

function isAbandoned(owner: string): boolean {
  try {
    return isAlive(JSON.parse(owner) as ProcessIdentity) === false;
  } catch (error) {
    // Of another program that uses our label.
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}
