import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { createServer as createHttpServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { forwardPort } from '../../src/runner/port-forwarder.ts';
import { listening, unusedPort } from '../support/ports.ts';

describe('forwardPort()', () => {
  it('waits for an application that starts later', async () => {
    const port = await unusedPort();
    await using forwarder = await forwardPort('127.0.0.1', 0, port);
    const answer = fetch(`http://127.0.0.1:${forwarder.port}/`).then((response) => response.text());
    await sleep(250);
    const server = createHttpServer((_request, response) => response.end('hello'));
    await listening(server, port);
    expect(await answer).toBe('hello');
    server.closeAllConnections();
    server.close();
  });

  it('reaches an application that listens on IPv6 loopback alone', async (context) => {
    const server = createHttpServer((_request, response) => response.end('six'));
    const port = await listening(server, 0, '::1').catch(() => context.skip('no IPv6 here'));
    await using forwarder = await forwardPort('127.0.0.1', 0, port);
    expect(await (await fetch(`http://127.0.0.1:${forwarder.port}/`)).text()).toBe('six');
    server.closeAllConnections();
    server.close();
  });

  it('keeps a connection that one side has finished', async () => {
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      let got = '';
      socket.on('data', (chunk) => (got += String(chunk)));
      socket.on('end', () => socket.end(`got ${got}`));
    });
    const port = await listening(server);
    await using forwarder = await forwardPort('127.0.0.1', 0, port);
    const client = connect({ port: forwarder.port, host: '127.0.0.1', allowHalfOpen: true });
    client.end('question');
    let answer = '';
    for await (const chunk of client) answer += String(chunk);
    expect(answer).toBe('got question');
    server.close();
  });

  it('says that a port is in use, and what to do', async () => {
    const server = createServer();
    const port = await listening(server);
    await expect(forwardPort('127.0.0.1', port, 1)).rejects.toMatchObject({
      code: 'RUN_PORT_UNAVAILABLE',
      message: `Cannot listen on 127.0.0.1:${port}: another process listens there`,
      nextStep: expect.stringContaining('another port'),
    });
    await expect(forwardPort('192.0.2.1', 0, 1)).rejects.toMatchObject({ message: expect.stringContaining('does not have that address') });
    server.close();
  });

  it('ends its connections when closed, also those that still wait', async () => {
    const forwarder = await forwardPort('127.0.0.1', 0, await unusedPort());
    const client = connect(forwarder.port, '127.0.0.1');
    client.on('error', () => undefined);
    await once(client, 'connect');
    await sleep(50);
    const closed = once(client, 'close');
    await forwarder[Symbol.asyncDispose]();
    await closed;
  });
});
