import { connect, createServer } from 'node:net';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { TspackError, hasSystemCode } from '../foundation/index.ts';
import type { Server, Socket } from 'node:net';

/** How long a connection waits for an application that does not listen yet. */
const CONNECT_MILLISECONDS = 15_000;
const RETRY_MILLISECONDS = 100;

export interface PortForwarder extends AsyncDisposable {
  readonly port: number;
}

/**
 * Passes TCP connections on to a port of this machine's loopback, whichever address family is listened on there.
 * A connection waits a few seconds for an application that is still starting. Throws `RUN_PORT_UNAVAILABLE`.
 *
 * @param port 0 for any free one.
 */
export async function forwardPort(address: string, port: number, applicationPort: number): Promise<PortForwarder> {
  const clients = new Set<Socket>();
  const stopped = new AbortController();
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (client) => {
    clients.add(client);
    client.once('close', () => clients.delete(client));
    client.once('error', () => client.destroy());
    void passOn(client, applicationPort, stopped.signal);
  });
  await listen(server, address, port);
  const bound = server.address();
  return {
    port: typeof bound === 'object' && bound !== null ? bound.port : port,
    async [Symbol.asyncDispose]() {
      stopped.abort();
      for (const client of clients) client.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

async function passOn(client: Socket, port: number, signal: AbortSignal): Promise<void> {
  const application = await reach(client, port, signal);
  if (application === undefined) {
    client.destroy();
    return;
  }
  client.once('close', () => application.destroy());
  application.once('close', () => client.destroy());
  application.once('error', () => client.destroy());
  client.pipe(application);
  application.pipe(client);
}

/** An application that listens on `localhost` may listen on `::1` alone. */
async function reach(client: Socket, port: number, signal: AbortSignal): Promise<Socket | undefined> {
  const deadline = performance.now() + CONNECT_MILLISECONDS;
  while (!client.destroyed && !signal.aborted && performance.now() < deadline) {
    for (const host of ['127.0.0.1', '::1']) {
      const socket = connect({ host, port, allowHalfOpen: true });
      try {
        await once(socket, 'connect', { signal });
        return socket;
      } catch {
        socket.destroy();
      }
    }
    await sleep(RETRY_MILLISECONDS, undefined, { signal }).catch(() => undefined);
  }
  return undefined;
}

async function listen(server: Server, address: string, port: number): Promise<void> {
  server.listen({ host: address, port, exclusive: true });
  try {
    await once(server, 'listening');
  } catch (error) {
    throw portUnavailable(address, port, error);
  }
}

/** What is wrong with an address that cannot be listened on. */
export function portUnavailable(address: string, port: number, cause: unknown): TspackError<'RUN_PORT_UNAVAILABLE'> {
  const where = `${address.includes(':') ? `[${address}]` : address}:${port}`;
  const [reason, nextStep] = hasSystemCode(cause, 'EADDRINUSE')
    ? ['another process listens there', `Stop that process, or choose another port, as in '-p ${port < 65535 ? port + 1 : port - 1}:...'.`]
    : hasSystemCode(cause, 'EACCES', 'EPERM')
      ? ['this user may not listen on that port', `Choose a port from 1024 on, as in '-p 8080:...'.`]
      : hasSystemCode(cause, 'EADDRNOTAVAIL', 'ENOTFOUND', 'EAI_AGAIN')
        ? ['this machine does not have that address', 'Use 127.0.0.1, or 0.0.0.0 for every address of this machine.']
        : [cause instanceof Error ? cause.message : String(cause), 'Choose another address or port.'];
  return new TspackError({ code: 'RUN_PORT_UNAVAILABLE', message: `Cannot listen on ${where}: ${reason}`, nextStep, cause });
}
