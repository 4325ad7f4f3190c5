import { createServer } from 'node:net';
import { once } from 'node:events';
import { hasSystemCode } from '../foundation/index.ts';
import { portUnavailable } from './port-forwarder.ts';
import { reservePort } from './reserve-port.ts';

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

/** The ports of one run. Other runs leave the application's ports alone until it is disposed. */
export interface PortPlan extends AsyncDisposable {
  readonly ports: readonly PlannedPort[];
}

/**
 * Decides where the application listens for each published port. With equal ports it listens there itself, which
 * must be free. Else it gets the container port when that is free, and a free one otherwise, so that two
 * applications with one container port run side by side.
 *
 * @param fixed The application cannot be told its port. Throws `RUN_PORT_UNAVAILABLE`.
 */
export async function planPorts(ports: readonly PublishedPort[], fixed: boolean): Promise<PortPlan> {
  const reservations: AsyncDisposable[] = [];
  const release = async (): Promise<void> => void (await Promise.all(reservations.map((reservation) => reservation[Symbol.asyncDispose]())));
  const reserve = async (port: number): Promise<unknown> => {
    const reservation = await reservePort(port);
    if (reservation === undefined) return Object.assign(new Error('reserved by another run'), { code: 'EADDRINUSE' });
    reservations.push(reservation);
    return undefined;
  };
  /** Why the application cannot have the port; undefined when it is ours now. */
  const take = async (port: number): Promise<unknown> => (await reserve(port)) ?? (await whyTaken(port));

  const planned: PlannedPort[] = [];
  const plan = async (port: PublishedPort, movable: boolean): Promise<PlannedPort> => {
    const { hostAddress, hostPort, containerPort } = port;
    const forwarded = hostPort !== containerPort;
    if (forwarded && hostPort !== 0) {
      const obstacle = await reserve(hostPort);
      if (obstacle !== undefined) throw portUnavailable(hostAddress, hostPort, obstacle);
    }
    const same = planned.find((other) => other.containerPort === containerPort && (forwarded || other.applicationPort === containerPort));
    if (same !== undefined) return { ...port, applicationPort: same.applicationPort, forwarded };
    const obstacle = await take(containerPort);
    if (obstacle !== undefined && !forwarded) throw portUnavailable(hostAddress, hostPort, obstacle);
    if (obstacle === undefined || (!movable && !hasSystemCode(obstacle, 'EADDRINUSE'))) return { ...port, applicationPort: containerPort, forwarded };
    if (!movable) throw portUnavailable('127.0.0.1', containerPort, obstacle);
    return { ...port, applicationPort: await takeFreePort(take), forwarded };
  };

  try {
    // Only the first port is told to the application, in PORT.
    for (const [index, port] of ports.entries()) planned.push(await plan(port, index === 0 && !fixed));
    return { ports: planned, [Symbol.asyncDispose]: release };
  } catch (error) {
    await release();
    throw error;
  }
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

async function takeFreePort(take: (port: number) => Promise<unknown>): Promise<number> {
  for (;;) {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    server.close();
    await once(server, 'close');
    if (typeof address === 'object' && address !== null && (await take(address.port)) === undefined) return address.port;
  }
}
