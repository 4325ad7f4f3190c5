import { once } from 'node:events';
import { createServer } from 'node:net';
import { hasSystemCode } from '../foundation/index.ts';

/**
 * Keeps other runs of tspack on this network from giving a port to their application, from now until it is disposed:
 * an application may take long to listen, and until then its port looks free. undefined when another run has it.
 *
 * The reservation is an abstract Unix socket, which lives in the network namespace like the ports themselves and
 * vanishes with its process.
 */
export async function reservePort(port: number): Promise<AsyncDisposable | undefined> {
  const server = createServer((socket) => socket.destroy());
  try {
    server.listen(`\0tspack-run-port-${port}`);
    await once(server, 'listening');
  } catch (error) {
    if (hasSystemCode(error, 'EADDRINUSE')) return undefined;
    throw error;
  }
  server.unref();
  return {
    async [Symbol.asyncDispose]() {
      server.close();
      await once(server, 'close');
    },
  };
}
