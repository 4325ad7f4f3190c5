import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface DaemonRequest {
  readonly method: string;
  /** With query, without the version prefix. */
  readonly path: string;
  readonly body: Buffer;
}

export interface FakeDaemon extends AsyncDisposable {
  /** `unix:///…` */
  readonly address: string;
  readonly requests: readonly DaemonRequest[];
}

export const DOCKER_VERSION = { Version: '28.2.2', ApiVersion: '1.50', MinAPIVersion: '1.24', Os: 'linux', Arch: 'amd64', Components: [{ Name: 'Engine' }] };
export const PODMAN_VERSION = {
  Version: '5.4.0',
  ApiVersion: '1.41',
  MinAPIVersion: '1.24',
  Os: 'linux',
  Arch: 'arm64',
  Components: [{ Name: 'Podman Engine' }],
};

/** A daemon on a Unix socket: `answers` maps `METHOD /path` (without query) to what to say; anything else is 404. */
export async function startFakeDaemon(answers: Readonly<Record<string, unknown>>, version: object = DOCKER_VERSION): Promise<FakeDaemon> {
  const directory = mkdtempSync(join(tmpdir(), 'tspack-fake-daemon-'));
  const socket = join(directory, 'socket');
  const requests: DaemonRequest[] = [];
  const server = createServer((request, response) => void answer(request, response));

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    if (request.url === '/version') return void response.end(JSON.stringify(version));
    const path = decodeURI(request.url!.replace(/^\/v[\d.]+/, ''));
    const record = { method: request.method!, path, body: Buffer.concat(chunks) };
    requests.push(record);
    let found = answers[`${record.method} ${path.split('?')[0]}`];
    if (typeof found === 'function') found = await (found as (request: DaemonRequest, response: ServerResponse) => unknown)(record, response);
    if (response.headersSent) return;
    if (found === undefined) return void response.writeHead(404, { 'content-type': 'application/json' }).end('{"message":"no such thing"}');
    if (typeof found === 'number') return void response.writeHead(found).end();
    response.end(typeof found === 'string' || Buffer.isBuffer(found) ? found : JSON.stringify(found));
  }

  await new Promise<void>((resolve) => server.listen(socket, resolve));
  return {
    address: `unix://${socket}`,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
