import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { readFileSync } from 'node:fs';
import type { ServerOptions } from 'node:https';
import { join } from 'node:path';
import type { AddressInfo } from 'node:net';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ClientCertificate } from '../../src/http/index.ts';

export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

export interface TestServer extends AsyncDisposable {
  /** `http://127.0.0.1:<port>` or with https. */
  readonly origin: string;
  readonly port: number;
  readonly seen: readonly SeenRequest[];
}

export type Respond = (request: SeenRequest, response: ServerResponse) => void | Promise<void>;

const TLS = join(import.meta.dirname, '../fixtures/tls');

/** The test authority's certificate, PEM. */
export const testAuthority = (): string => readFileSync(join(TLS, 'ca.pem'), 'utf8');

/** A client that is its own authority. */
export const testClient = (): ClientCertificate => ({
  certificate: readFileSync(join(TLS, 'client.pem'), 'utf8'),
  key: readFileSync(join(TLS, 'client-key.pem'), 'utf8'),
});

/** What a server says with the test authority's certificate; with an authority for clients it wants theirs. */
export function testServerTls(clientAuthority?: string): ServerOptions {
  const own = { key: readFileSync(join(TLS, 'server-key.pem')), cert: readFileSync(join(TLS, 'server.pem')) };
  return clientAuthority === undefined ? own : { ...own, ca: clientAuthority, requestCert: true, rejectUnauthorized: true };
}

/** A server on the loopback interface that records what it is asked, body included. */
export async function startTestServer(respond: Respond, options: { readonly tls?: boolean; readonly clientAuthority?: string } = {}): Promise<TestServer> {
  const seen: SeenRequest[] = [];
  const onRequest = (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    request.on('error', () => {});
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const record = { method: request.method!, url: request.url!, headers: request.headers, body: Buffer.concat(chunks) };
      seen.push(record);
      void respond(record, response);
    });
  };
  const tls = options.tls === true;
  const server = tls ? createTlsServer(testServerTls(options.clientAuthority), onRequest) : createServer(onRequest);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    origin: `${tls ? 'https' : 'http'}://127.0.0.1:${port}`,
    port,
    seen,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
