import { TspackError } from '../foundation/index.ts';
import { bytesBody } from '../http/index.ts';
import type { HttpRequest } from '../http/index.ts';
import type { Daemon } from './daemon.ts';
import { daemonError, daemonTitle } from './daemon-error.ts';
import type { DaemonErrorCode } from './daemon-error.ts';
import { createBody } from './container-spec.ts';
import type { ContainerSpec, PublishedPort } from './container-spec.ts';
import { readStdStreams } from './std-streams.ts';

export interface ContainerRun extends ContainerSpec {
  readonly stdout?: (chunk: Uint8Array) => void;
  readonly stderr?: (chunk: Uint8Array) => void;
  /** Told once the container runs, with the ports that the daemon chose. */
  readonly onStart?: (container: { readonly id: string; readonly ports: readonly Required<PublishedPort>[] }) => void;
  /** When it fires, the container is stopped (and killed after ten seconds); the run then ends with its exit. */
  readonly signal?: AbortSignal;
}

/** How a container ended. */
export interface ContainerExit {
  /** 128 and the signal's number when a signal ended it. */
  readonly code: number;
}

/** The containers of a daemon (Engine API `/containers`). Throws `DAEMON_UNREACHABLE`, `DAEMON_REFUSED`, `DAEMON_IMAGE_NOT_FOUND`, `DAEMON_PORT_TAKEN`. */
export interface DaemonClient {
  /** Creates a container, runs it to its end and removes it. A non-zero exit is a value. */
  runContainer(run: ContainerRun): Promise<ContainerExit>;
  createContainer(spec: ContainerSpec): Promise<string>;
  startContainer(id: string): Promise<void>;
  /** Resolves when the container has ended. */
  waitContainer(id: string, signal?: AbortSignal): Promise<ContainerExit>;
  /** What the container writes, from now until it ends or the signal fires. */
  attachContainer(id: string, sinks: Pick<ContainerRun, 'stdout' | 'stderr' | 'signal'>): Promise<() => Promise<void>>;
  /** Sends a signal, such as `SIGTERM`. A container that has ended is left alone. */
  killContainer(id: string, signal: string): Promise<void>;
  /** SIGTERM (or the image's stop signal), then SIGKILL. */
  stopContainer(id: string, graceSeconds: number): Promise<void>;
  /** Kills it first when it runs. */
  removeContainer(id: string): Promise<void>;
  /** Running or not. */
  listContainers(label: string): Promise<readonly ListedContainer[]>;
}

export interface ListedContainer {
  readonly id: string;
  readonly labels: Readonly<Record<string, string>>;
}

const GRACE_SECONDS = 10;

export function createDaemonClient(daemon: Daemon): DaemonClient {
  async function call(action: string, request: Omit<HttpRequest, 'url'> & { readonly path: string }) {
    const { path, ...rest } = request;
    try {
      return await daemon.http.request({ ...rest, url: `${daemon.url}${path}` });
    } catch (error) {
      throw daemonError(daemon, action, error);
    }
  }
  const post = async (action: string, path: string, more: Partial<HttpRequest> = {}) =>
    (await call(action, { method: 'POST', path, idleTimeoutMilliseconds: 120_000, ...more })).discard();

  const client: DaemonClient = {
    async createContainer(spec) {
      const response = await call(`create a container of ${spec.image}`, {
        method: 'POST',
        path: '/containers/create',
        headers: { 'content-type': 'application/json' },
        body: bytesBody(JSON.stringify(createBody(spec))),
        expect: [404],
      });
      if (response.status === 404) {
        await response.discard();
        throw new TspackError<DaemonErrorCode>({
          code: 'DAEMON_IMAGE_NOT_FOUND',
          message: `Cannot create a container of ${spec.image}: ${daemonTitle(daemon.name)} does not have that image`,
          nextStep: 'Check the image name, or build it with --output docker',
        });
      }
      return ((await response.json()) as { Id: string }).Id;
    },
    startContainer: (id) => post('start the container', `/containers/${id}/start`, { expect: [304] }),
    async waitContainer(id, signal) {
      const abort = signal === undefined ? {} : { signal };
      const response = await call('wait for the container', { method: 'POST', path: `/containers/${id}/wait`, idleTimeoutMilliseconds: 0, ...abort });
      return { code: ((await response.json()) as { StatusCode: number }).StatusCode };
    },
    async attachContainer(id, { stdout, stderr, signal }) {
      const response = await call('read the output of the container', {
        method: 'POST',
        path: `/containers/${id}/attach?stream=1&stdout=1&stderr=1`,
        idleTimeoutMilliseconds: 0,
        ...(signal === undefined ? {} : { signal }),
      });
      return async () => {
        try {
          await readStdStreams(response.bytes(), { stdout, stderr });
        } catch (error) {
          throw daemonError(daemon, 'read the output of the container', error);
        }
      };
    },
    killContainer: (id, signal) => post('signal the container', `/containers/${id}/kill?signal=${encodeURIComponent(signal)}`, { expect: [404, 409] }),
    stopContainer: (id, graceSeconds) => post('stop the container', `/containers/${id}/stop?t=${graceSeconds}`, { expect: [304, 404] }),
    async removeContainer(id) {
      await (await call('remove the container', { method: 'DELETE', path: `/containers/${id}?force=1&v=1`, expect: [404, 409] })).discard();
    },
    async listContainers(label) {
      const response = await call('list containers', { path: `/containers/json?all=1&filters=${encodeURIComponent(JSON.stringify({ label: [label] }))}` });
      const found = (await response.json()) as readonly { readonly Id: string; readonly Labels?: Readonly<Record<string, string>> | null }[];
      return found.map(({ Id, Labels }) => ({ id: Id, labels: Labels ?? {} }));
    },
    async runContainer(run) {
      run.signal?.throwIfAborted();
      const id = await client.createContainer(run);
      const stop = () => void client.stopContainer(id, GRACE_SECONDS).catch(() => undefined);
      try {
        // Attached before it starts, so that not one byte is missed.
        const copy = await client.attachContainer(id, { ...(run.stdout && { stdout: run.stdout }), ...(run.stderr && { stderr: run.stderr }) });
        const copied = copy();
        copied.catch(() => undefined);
        await client.startContainer(id);
        run.signal?.addEventListener('abort', stop, { once: true });
        if (run.signal?.aborted === true) stop();
        run.onStart?.({ id, ports: await publishedPorts(id) });
        const exit = await client.waitContainer(id);
        await copied;
        return exit;
      } finally {
        run.signal?.removeEventListener('abort', stop);
        await client.removeContainer(id);
      }
    },
  };
  return client;

  async function publishedPorts(id: string): Promise<readonly Required<PublishedPort>[]> {
    const response = await call('look at the container', { path: `/containers/${id}/json` });
    const { NetworkSettings } = (await response.json()) as { NetworkSettings?: { Ports?: Record<string, { HostIp: string; HostPort: string }[] | null> } };
    return Object.entries(NetworkSettings?.Ports ?? {}).flatMap(([port, bindings]) =>
      (bindings ?? []).map(({ HostIp, HostPort }) => ({ address: HostIp, hostPort: Number(HostPort), containerPort: Number.parseInt(port, 10) })),
    );
  }
}
