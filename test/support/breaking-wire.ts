import { connect, createServer } from 'node:net';
import type { Socket } from 'node:net';
import { listening } from './ports.ts';

export interface BreakingWire extends AsyncDisposable {
  readonly host: string;
  /** Connections that were cut. */
  broken(): number;
}

/** A way to a port whose connections are cut after so many bytes upwards or downwards, once for each entry. */
export async function startBreakingWire(port: number, cuts: { readonly up?: number[]; readonly down?: number[] }): Promise<BreakingWire> {
  const sockets = new Set<Socket>();
  let broken = 0;
  const server = createServer((client) => {
    const registry = connect(port, '127.0.0.1');
    for (const socket of [client, registry]) {
      sockets.add(socket);
      socket.on('error', () => {}).on('close', () => (registry.destroy(), client.destroy()));
    }
    const carry = (from: Socket, to: Socket, list: number[] = []) => {
      let bytes = 0;
      from.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (!to.write(chunk)) {
          from.pause();
          to.once('drain', () => from.resume());
        }
        if (list[0] === undefined || bytes < list[0]) return;
        list.shift();
        broken += 1;
        client.destroy();
      });
      from.on('end', () => to.end());
    };
    carry(client, registry, cuts.up);
    carry(registry, client, cuts.down);
  });
  const own = await listening(server);
  return {
    host: `127.0.0.1:${own}`,
    broken: () => broken,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
