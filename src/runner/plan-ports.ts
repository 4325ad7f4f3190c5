import { createServer } from 'node:net';
import { once } from 'node:events';
import { hasSystemCode } from '../foundation/index.ts';
import { portUnavailable } from './port-forwarder.ts';

/** A port of the application that is reached from outside. */
export interface PublishedPort {
  readonly hostAddress: string;
  readonly hostPort: number;
  readonly containerPort: number;
}

export interface PlannedPort extends PublishedPort {
  /** Where the application really listens: the sandbox shares the network of this machine. */
  readonly applicationPort: number;
  /** Whether connections have to be passed on; otherwise the application listens on `hostPort` itself. */
  readonly forwarded: boolean;
}

/**
 * Decides where the application listens for each published port. With equal ports it listens there itself, which
 * must be free. Else it gets the container port when that is free, and a free one otherwise, so that two
 * applications with one container port run side by side.
 *
 * @param fixed The application cannot be told its port. Throws `RUN_PORT_UNAVAILABLE`.
 */
export async function planPorts(ports: readonly PublishedPort[], fixed: boolean): Promise<readonly PlannedPort[]> {
  const planned: PlannedPort[] = [];
  for (const [index, port] of ports.entries()) {
    const { hostAddress, hostPort, containerPort } = port;
    const obstacle = await whyTaken(containerPort);
    const direct = hostPort === containerPort;
    if (obstacle !== undefined && direct) throw portUnavailable(hostAddress, hostPort, obstacle);
    // Only the first port is told to the application, in PORT.
    const movable = index === 0 && !fixed;
    if (obstacle !== undefined && !movable && hasSystemCode(obstacle, 'EADDRINUSE')) throw portUnavailable('127.0.0.1', containerPort, obstacle);
    const applicationPort = obstacle !== undefined && movable ? await freePort() : containerPort;
    planned.push({ ...port, applicationPort, forwarded: !direct });
  }
  return planned;
}

/** Why nothing can listen on the port, on any address; undefined when it is free. */
async function whyTaken(port: number): Promise<unknown> {
  for (const host of ['0.0.0.0', '127.0.0.1', '::']) {
    const server = createServer();
    try {
      server.listen({ host, port, exclusive: true, ipv6Only: host === '::' });
      await once(server, 'listening');
      server.close();
      await once(server, 'close');
    } catch (error) {
      // A machine without IPv6 lacks nothing.
      if (!hasSystemCode(error, 'EAFNOSUPPORT', 'EADDRNOTAVAIL')) return error;
    }
  }
  return undefined;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (typeof address !== 'object' || address === null) throw new Error('A listening server has no port');
  return address.port;
}
