import { accessSync, constants, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../foundation/index.ts';
import { HttpError, NO_RETRY, createHttpClient } from '../http/index.ts';
import type { HttpClient } from '../http/index.ts';
import type { DaemonProbe } from './daemon.ts';
import { readDockerContext } from './docker-context.ts';

export interface FindDaemonsOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Of the user, for the rootless sockets. */
  readonly uid: number;
  readonly home: string | undefined;
  readonly userAgent: string;
  readonly clock: Clock;
}

interface Candidate {
  readonly address: string;
  readonly origin: string;
}

/** A daemon on this machine answers at once or not at all. */
const PROBE_MILLISECONDS = 5_000;
/** The newest Engine API that tspack is written for; daemons know it since Docker 20.10. */
const NEWEST_API = '1.41';

/**
 * Asks every place where a Docker or Podman daemon may listen, the likely ones first. `DOCKER_HOST`, when set, is the
 * only place for Docker. Never throws: what is not usable says why.
 */
export async function findDaemons(options: FindDaemonsOptions): Promise<readonly DaemonProbe[]> {
  const probes = await Promise.all(candidates(options).map((candidate) => probe(candidate, options)));
  const seen = new Set<string>();
  return probes.filter((found) => {
    const address = found.usable ? found.daemon.address : found.address;
    return !seen.has(address) && seen.add(address);
  });
}

function candidates({ env, uid, home }: FindDaemonsOptions): readonly Candidate[] {
  const runtime = env.XDG_RUNTIME_DIR || `/run/user/${uid}`;
  const podman = [
    ...(env.CONTAINER_HOST ? [{ address: env.CONTAINER_HOST, origin: 'CONTAINER_HOST' }] : []),
    { address: `unix://${join(runtime, 'podman', 'podman.sock')}`, origin: 'the socket of rootless Podman' },
    ...(uid === 0 ? [{ address: 'unix:///run/podman/podman.sock', origin: "the system's Podman socket" }] : []),
  ];
  if (env.DOCKER_HOST) return [{ address: env.DOCKER_HOST, origin: 'DOCKER_HOST' }, ...podman];
  const context = readDockerContext(env, home);
  return [
    ...(context === undefined ? [] : [{ address: context.address, origin: `the Docker context "${context.name}"` }]),
    { address: 'unix:///var/run/docker.sock', origin: 'the default socket of Docker' },
    { address: `unix://${join(runtime, 'docker.sock')}`, origin: 'the socket of rootless Docker' },
    ...(home === undefined ? [] : [{ address: `unix://${join(home, '.docker', 'run', 'docker.sock')}`, origin: 'the socket of Docker Desktop' }]),
    ...podman,
  ];
}

async function probe(candidate: Candidate, options: FindDaemonsOptions): Promise<DaemonProbe> {
  const { address } = candidate;
  const unusable = (reason: string, nextStep?: string): DaemonProbe => ({ ...candidate, usable: false, reason, nextStep });
  const scheme = /^([a-z]+):\/\//.exec(address)?.[1];
  if (scheme === 'unix') {
    const problem = socketProblem(address.slice('unix://'.length));
    if (problem !== undefined) return unusable(problem.reason, problem.nextStep);
  } else if (scheme !== 'tcp' && scheme !== 'http' && scheme !== 'https') {
    return unusable(`addresses of this kind (${scheme ?? 'no scheme'}) are not supported`, `Set ${candidate.origin} to unix://… or tcp://…`);
  }
  let connection: { http: HttpClient; url: string };
  try {
    connection = connect(address, options);
  } catch (error) {
    return unusable(`the certificates in DOCKER_CERT_PATH cannot be read: ${(error as Error).message}`, 'Check DOCKER_CERT_PATH');
  }
  try {
    const response = await connection.http.request({ url: `${connection.url}/version`, idleTimeoutMilliseconds: PROBE_MILLISECONDS });
    return describe(candidate, connection, await response.json());
  } catch (error) {
    await connection.http.close();
    return unusable(error instanceof HttpError ? error.message : String(error), 'Check that the daemon is running');
  }
}

function socketProblem(path: string): { reason: string; nextStep?: string } | undefined {
  if (statSync(path, { throwIfNoEntry: false }) === undefined) return { reason: `${path} does not exist` };
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
    return undefined;
  } catch {
    return { reason: `this user may not open ${path}`, nextStep: `Join the group that owns ${path}, or use rootless Podman` };
  }
}

function connect(address: string, { env, userAgent, clock }: FindDaemonsOptions): { http: HttpClient; url: string } {
  const common = { userAgent, clock, retry: NO_RETRY, connectTimeoutMilliseconds: PROBE_MILLISECONDS };
  if (address.startsWith('unix://')) return { http: createHttpClient({ ...common, socketPath: address.slice('unix://'.length) }), url: 'http://localhost' };
  const host = address.replace(/^[a-z]+:\/\//, '').replace(/\/+$/, '');
  // DOCKER_TLS_VERIFY, even empty, and DOCKER_CERT_PATH are Docker's own switches for TLS.
  const tls = address.startsWith('https://') || env.DOCKER_TLS_VERIFY !== undefined;
  if (!tls) return { http: createHttpClient(common), url: `http://${host}` };
  const folder = env.DOCKER_CERT_PATH;
  if (!folder) return { http: createHttpClient(common), url: `https://${host}` };
  const read = (name: string) => readFileSync(join(folder, name), 'utf8');
  const clientCertificate = { certificate: read('cert.pem'), key: read('key.pem') };
  return { http: createHttpClient({ ...common, ca: [read('ca.pem')], clientCertificate }), url: `https://${host}` };
}

/** `GET /version`; Podman answers it too and names itself among the components. */
function describe(candidate: Candidate, { http, url }: { http: HttpClient; url: string }, answer: unknown): DaemonProbe {
  const { Version, ApiVersion, MinAPIVersion, Os, Arch, Components } = (answer ?? {}) as Record<string, unknown>;
  if (typeof Version !== 'string' || typeof ApiVersion !== 'string') {
    return { ...candidate, usable: false, reason: 'what answers there is no container engine', nextStep: undefined };
  }
  const apiVersion = newer(typeof MinAPIVersion === 'string' ? MinAPIVersion : '1.0', older(ApiVersion, NEWEST_API));
  const components = Array.isArray(Components) ? (Components as { Name?: unknown }[]) : [];
  const podman = components.some(({ Name }) => typeof Name === 'string' && Name.startsWith('Podman'));
  return {
    usable: true,
    daemon: {
      name: podman ? 'podman' : 'docker',
      version: Version,
      apiVersion,
      address: candidate.address,
      platform: { os: typeof Os === 'string' ? Os : 'linux', architecture: typeof Arch === 'string' ? Arch : 'amd64' },
      http,
      url: `${url}/v${apiVersion}`,
    },
  };
}

function older(a: string, b: string): string {
  return compare(a, b) <= 0 ? a : b;
}

function newer(a: string, b: string): string {
  return compare(a, b) >= 0 ? a : b;
}

function compare(a: string, b: string): number {
  const [majorA = 0, minorA = 0] = a.split('.').map(Number);
  const [majorB = 0, minorB = 0] = b.split('.').map(Number);
  return majorA - majorB || minorA - minorB;
}
