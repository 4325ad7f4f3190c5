import { existsSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { availableParallelism, tmpdir } from 'node:os';
import { once } from 'node:events';
import { join } from 'node:path';
import { lifecycleVersion } from '../cnb/index.ts';
import { loadConfiguration } from '../configuration/index.ts';
import { createDaemonImageStore, findDaemons } from '../daemon/index.ts';
import type { Daemon } from '../daemon/index.ts';
import { createInlineExecutor, createInlineWorkshop } from '../executor/inline/index.ts';
import { packageRoot, systemClock } from '../foundation/index.ts';
import { createHttpClient, readProxySettings } from '../http/index.ts';
import type { HostPath } from '../executor/index.ts';
import { parseImageReference } from '../oci/index.ts';
import type { ImageReference } from '../oci/index.ts';
import { runLifecycle } from '../phases/index.ts';
import type { LayerScratch, PhaseOutput, PhasePorts, PhaseUser, RegistryImages } from '../phases/index.ts';
import { createMirrors, createRegistryStore } from '../registry/index.ts';
import { becomeProgram } from './become-program.ts';
import { ownArchitecture } from './environment.ts';
import { openCertificates, openKeychain } from './keychain.ts';
import { requireUsableDaemon } from './usable-daemon.ts';
import type { Environment } from './environment.ts';

/** This process, as a phase sees it. */
export interface LifecycleProcess {
  readonly environment: Environment;
  readonly workingDirectory: string;
  readonly output: PhaseOutput;
  /** Of tspack. */
  readonly version: string;
  readonly signal: AbortSignal;
}

/**
 * Runs a phase of the lifecycle as a program of the specification: `program` is the name it was called by. Resolves to
 * the exit code; rejects only with the reason of an abort.
 */
export async function runLifecycleProgram(program: string, args: readonly string[], process_: LifecycleProcess): Promise<number> {
  return await runLifecycle(program, args, phasePorts(process_));
}

function phasePorts({ environment, workingDirectory, output, version, signal }: LifecycleProcess): PhasePorts {
  const temporaryDirectory = tmpdir();
  const userAgent = `tspack/${version}`;
  const searchPath = environment.PATH ?? '';
  const openHttp = () => createHttpClient({ userAgent, clock: systemClock, proxy: readProxySettings(environment), ca: certificates(environment) });
  return {
    environment,
    workingDirectory,
    temporaryDirectory,
    output,
    version: lifecycleVersion(version),
    platform: { os: 'linux', architecture: ownArchitecture() },
    cores: availableParallelism(),
    user: thisUser(),
    executor: createInlineExecutor({ searchPath, temporaryDirectory }),
    openOwnRoot: (options) => createInlineWorkshop({ root: '/' as HostPath, searchPath, ...options }),
    async *download(url) {
      const response = await openHttp().request({ url, signal });
      yield* response.bytes();
    },
    clock: systemClock,
    extenderDirectory: '/kaniko',
    launch: async (args) => await becomeProgram(findLauncher(), ['launcher', ...args], environment),
    signal,
    async openRegistry({ insecureRegistries, names, scratch, events }) {
      // A program of the specification reads no file of a user.
      const variables = loadConfiguration({ env: { ...environment, HOME: undefined, XDG_CONFIG_HOME: undefined } });
      const keychain = openKeychain(environment, (message) => events({ kind: 'message', level: 'warning', message }));
      const certificates = openCertificates(environment);
      // Docker's files belong to the user that the phase begins as.
      for (const { registry, repository } of names.map(parseImageReference)) {
        certificates(registry);
        await keychain.find(registry, repository);
      }
      return registryImages(
        createRegistryStore({
          http: openHttp(),
          keychain,
          certificates,
          clock: systemClock,
          compressor: scratch.compressor,
          insecureRegistries,
          mirrors: createMirrors(variables.map('registry-mirrors')),
          signal,
        }),
      );
    },
    openDaemon: async (scratch) => daemonImages(await requireDaemon(environment, userAgent), scratch, signal),
  };
}

/** Beside the phases in a builder image, else the one for this machine in the package. */
function findLauncher(): string {
  const inPackage = join(packageRoot(), 'launcher', 'bin', `launcher-linux-${ownArchitecture()}`);
  return existsSync(inPackage) ? inPackage : join(packageRoot(), 'launcher');
}

function registryImages(store: ReturnType<typeof createRegistryStore>): RegistryImages {
  return {
    read: (reference, platform) => store.read(reference, platform),
    write: (image, references) => store.write(image, references),
    resolve: (reference) => store.resolve(reference),
    verifyPushAccess: (reference: ImageReference) => store.repository(reference).verifyPushAccess(),
  };
}

/** What this image trusts, as a native program would find it; Node brings a list of its own. */
function certificates({ SSL_CERT_FILE, NODE_EXTRA_CA_CERTS }: Environment): readonly string[] {
  if (NODE_EXTRA_CA_CERTS !== undefined && NODE_EXTRA_CA_CERTS !== '') return [];
  const file = SSL_CERT_FILE ?? '/etc/ssl/certs/ca-certificates.crt';
  return existsSync(file) ? [readFileSync(file, 'utf8')] : [];
}

/** Every phase asks at most this much at once. */
const CONNECTIONS = 8;

async function requireDaemon(environment: Environment, userAgent: string): Promise<Daemon> {
  const probes = await findDaemons({ env: environment, uid: process.getuid?.() ?? 0, home: environment.HOME, userAgent, clock: systemClock });
  const daemon = requireUsableDaemon(probes, 'Mount its socket, or set DOCKER_HOST');
  // As root a phase gives up its privileges, and with them the socket.
  if (!daemon.address.startsWith('unix://') || process.getuid?.() !== 0) return daemon;
  const sockets = await Promise.all(Array.from({ length: CONNECTIONS }, () => openSocket(daemon.address.slice('unix://'.length))));
  return { ...daemon, http: createHttpClient({ userAgent, clock: systemClock, sockets }) };
}

async function openSocket(path: string): Promise<Socket> {
  const socket = connect(path);
  await once(socket, 'connect');
  return socket;
}

function daemonImages(daemon: Daemon, { blobs, compressor }: LayerScratch, signal: AbortSignal) {
  return createDaemonImageStore({ daemon, blobs, compressor, signal });
}

function thisUser(): PhaseUser {
  return {
    get uid() {
      return process.getuid?.() ?? 0;
    },
    get gid() {
      return process.getgid?.() ?? 0;
    },
    become(uid, gid) {
      process.setgroups?.([gid]);
      process.setgid?.(gid);
      process.setuid?.(uid);
    },
    lookUp(uid) {
      const lines = existsSync('/etc/passwd') ? readFileSync('/etc/passwd', 'utf8').split('\n') : [];
      const [name = '', , , , , home = ''] = lines.map((line) => line.split(':')).find((fields) => fields[2] === String(uid)) ?? [];
      return name === '' ? undefined : { home, name };
    },
  };
}
