import { connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { HttpError, NO_RETRY, bytesBody, createHttpClient } from '../../src/http/index.ts';
import type { HttpClientOptions, HttpRetryEvent } from '../../src/http/index.ts';
import { unusedPort } from '../support/ports.ts';
import { startTestServer, testAuthority, testClient } from '../support/test-server.ts';

const NOW = new Date('2026-01-01T00:00:00Z');

function client(options: Partial<HttpClientOptions> = {}) {
  const slept: number[] = [];
  const events: HttpRetryEvent[] = [];
  const made = createHttpClient({
    userAgent: 'tspack-test',
    clock: { now: () => NOW },
    random: () => 0,
    sleep: async (milliseconds) => void slept.push(milliseconds),
    events: (event) => events.push(event),
    ...options,
  });
  return { ...made, slept, events };
}

async function failure(promise: Promise<unknown>): Promise<HttpError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(HttpError);
  return error as HttpError;
}

describe('createHttpClient()', () => {
  it('sends a body with its length and gives back status, headers and text', async () => {
    await using server = await startTestServer((request, response) => void response.writeHead(201, { 'x-got': request.body.length }).end(request.body));
    const response = await client().request({
      method: 'PUT',
      url: `${server.origin}/a?b=c`,
      body: bytesBody('hello'),
      headers: { 'content-type': 'text/plain' },
    });
    expect(response.status).toBe(201);
    expect(response.headers.get('X-Got')).toBe('5');
    expect(await response.text()).toBe('hello');
    expect(server.seen[0]).toMatchObject({ method: 'PUT', url: '/a?b=c', headers: { 'content-length': '5', 'user-agent': 'tspack-test' } });
  });

  it('throws HTTP_STATUS with the capped body and redacted address, unless the status is expected', async () => {
    await using server = await startTestServer((_request, response) => void response.writeHead(404).end('x'.repeat(100_000)));
    const url = `${server.origin}/thing?token=secret1`;
    const error = await failure(client().request({ url }));
    expect(error).toMatchObject({ code: 'HTTP_STATUS', status: 404, transient: false });
    expect(error.body).toHaveLength(65_536);
    expect(error.url).not.toContain('secret1');
    expect(error.message).not.toContain('secret1');
    expect((await client().request({ url, expect: [404] })).status).toBe(404);
  });

  it('repeats a GET after 503 with growing pauses, and tells of it', async () => {
    let count = 0;
    await using server = await startTestServer((_request, response) => void response.writeHead(++count < 4 ? 503 : 200).end('ok'));
    const http = client();
    expect(await (await http.request({ url: server.origin })).text()).toBe('ok');
    expect(http.slept).toEqual([150, 300, 600]);
    expect(http.events.map(({ attempt, delayMilliseconds }) => [attempt, delayMilliseconds])).toEqual([
      [1, 150],
      [2, 300],
      [3, 600],
    ]);
  });

  it('waits as long as Retry-After says, seconds or date, but not for ever', async () => {
    const waits = ['7', new Date(NOW.getTime() + 9000).toUTCString()];
    await using server = await startTestServer((_request, response) => {
      const wait = waits.shift();
      response.writeHead(wait === undefined ? 200 : 429, wait === undefined ? {} : { 'retry-after': wait }).end();
    });
    const http = client();
    await (await http.request({ url: server.origin })).discard();
    expect(http.slept).toEqual([7000, 9000]);
    waits.push('3600');
    expect(await failure(http.request({ url: server.origin }))).toMatchObject({ status: 429, nextStep: 'Try again in 3600 seconds' });
    expect(server.seen).toHaveLength(4);
  });

  it('repeats a POST after 503 only when the caller says it is repeatable', async () => {
    await using server = await startTestServer((_request, response) => void response.writeHead(503).end());
    await failure(client().request({ method: 'POST', url: server.origin, body: bytesBody('x') }));
    expect(server.seen).toHaveLength(1);
    await failure(client().request({ method: 'POST', url: server.origin, body: bytesBody('x'), repeatable: true }));
    expect(server.seen).toHaveLength(6);
    expect(server.seen.every(({ body }) => body.toString() === 'x')).toBe(true);
  });

  it('repeats when the connection is cut before an answer', async () => {
    let count = 0;
    await using server = await startTestServer((_request, response) => void (++count < 3 ? response.destroy() : response.end('ok')));
    expect(await (await client().request({ url: server.origin })).text()).toBe('ok');
    expect(server.seen).toHaveLength(3);
  });

  it('ends a request when the server is silent for too long, in the head and in the body', async () => {
    await using server = await startTestServer((request, response) => {
      if (request.url === '/body') response.writeHead(200).write('begin');
    });
    const options = { idleTimeoutMilliseconds: 100, retry: NO_RETRY };
    const error = await failure(client(options).request({ url: `${server.origin}/head` }));
    expect(error).toMatchObject({ code: 'HTTP_UNREACHABLE', transient: true });
    expect(error.message).toContain('no answer for 0.1 seconds');
    const response = await client(options).request({ url: `${server.origin}/body` });
    expect((await failure(response.text())).message).toContain('no answer for 0.1 seconds');
  });

  it('rejects with the reason of an abort, while waiting and while reading', async () => {
    await using server = await startTestServer((request, response) => {
      if (request.url === '/body') response.writeHead(200).write('begin');
    });
    for (const path of ['/head', '/body']) {
      const controller = new AbortController();
      setTimeout(() => controller.abort(new Error('stopped')), 50);
      const answer = client().request({ url: server.origin + path, signal: controller.signal });
      await expect(answer.then((response) => response.text())).rejects.toThrow('stopped');
    }
  });

  it("throws what the request's own body throws, once", async () => {
    await using server = await startTestServer((_request, response) => void response.end());
    const broken = {
      sizeBytes: 10,
      async *open(): AsyncGenerator<Uint8Array> {
        yield Buffer.from('abc');
        throw new Error('source is damaged');
      },
    };
    const http = client();
    await expect(http.request({ method: 'PUT', url: server.origin, body: broken })).rejects.toThrow('source is damaged');
    expect(http.slept).toEqual([]);
  });

  it('refuses text beyond the limit and JSON that is none', async () => {
    await using server = await startTestServer((_request, response) => void response.end('x'.repeat(100)));
    const get = () => client().request({ url: server.origin });
    expect(await failure((await get()).text(99))).toMatchObject({ code: 'HTTP_TOO_LARGE' });
    expect(await failure((await get()).json())).toMatchObject({ code: 'HTTP_BODY_INVALID' });
  });

  it('takes user info of an address as Basic credentials and never shows it', async () => {
    await using server = await startTestServer((_request, response) => void response.writeHead(403).end());
    const error = await failure(client().request({ url: server.origin.replace('//', '//user:p%40ss@') }));
    expect(server.seen[0]!.headers.authorization).toBe(`Basic ${Buffer.from('user:p@ss').toString('base64')}`);
    expect(JSON.stringify([error.url, error.message])).not.toContain('p%40ss');
  });

  it('trusts the authorities it is given, besides those of Node, and explains an untrusted certificate', async () => {
    await using server = await startTestServer((_request, response) => void response.end('secure'), { tls: true });
    const error = await failure(client().request({ url: server.origin }));
    expect(error).toMatchObject({ code: 'HTTP_UNREACHABLE', transient: false });
    expect(error.nextStep).toContain('NODE_EXTRA_CA_CERTS');
    expect(await (await client({ ca: [testAuthority()] }).request({ url: server.origin })).text()).toBe('secure');
    expect(await (await client().request({ url: server.origin, unverifiedCertificate: true })).text()).toBe('secure');
  });

  it('explains a host name that does not exist', async () => {
    const error = await failure(client({ retry: NO_RETRY }).request({ url: 'http://nowhere.invalid/' }));
    expect(error.message).toContain('nowhere.invalid');
    expect(error.nextStep).toContain('proxy');
  });
});

describe('createHttpClient() and redirects', () => {
  it('follows within an origin with credentials and to another origin without them', async () => {
    await using foreign = await startTestServer((_request, response) => void response.end('there'));
    await using server = await startTestServer((request, response) => {
      const location = request.url === '/1' ? '/2' : `${foreign.origin}/3`;
      response.writeHead(307, { location }).end();
    });
    const response = await client().request({ url: `${server.origin}/1`, headers: { Authorization: 'Bearer x', Cookie: 'c', accept: '*/*' } });
    expect(await response.text()).toBe('there');
    expect(response.url).toBe(`${foreign.origin}/3`);
    expect(server.seen.map(({ headers }) => headers.authorization)).toEqual(['Bearer x', 'Bearer x']);
    expect(foreign.seen[0]!.headers).not.toHaveProperty('authorization');
    expect(foreign.seen[0]!.headers).not.toHaveProperty('cookie');
    expect(foreign.seen[0]!.headers.accept).toBe('*/*');
  });

  it('sends the body again after 307 and turns a POST into a GET after 302', async () => {
    await using server = await startTestServer((request, response) => {
      if (request.url === '/end') response.end();
      else response.writeHead(Number(request.url.slice(1)), { location: '/end' }).end();
    });
    for (const status of [307, 302]) await client().request({ method: 'POST', url: `${server.origin}/${status}`, body: bytesBody('data') });
    expect(server.seen.map(({ method, url, body }) => `${method} ${url} ${body.toString()}`)).toEqual([
      'POST /307 data',
      'POST /end data',
      'POST /302 data',
      'GET /end ',
    ]);
  });

  it.each([
    ['to http from https', 'http://127.0.0.1:1/', 'from https to http'],
    ['to another scheme', 'file:///etc/passwd', 'leads to file:'],
    ['without an address', undefined, 'names no address'],
    ['with a user name', 'https://a:b@127.0.0.1/', 'has a user name'],
  ])('refuses a redirect %s', async (_title, location, why) => {
    await using server = await startTestServer((_request, response) => void response.writeHead(302, location === undefined ? {} : { location }).end(), {
      tls: true,
    });
    const error = await failure(client({ ca: [testAuthority()] }).request({ url: server.origin }));
    expect(error.code).toBe('HTTP_REDIRECT_REFUSED');
    expect(error.message).toContain(why);
  });

  it('gives up a redirect loop', async () => {
    await using server = await startTestServer((_request, response) => void response.writeHead(302, { location: '/' }).end());
    expect((await failure(client().request({ url: server.origin }))).code).toBe('HTTP_REDIRECT_REFUSED');
    expect(server.seen).toHaveLength(11);
  });

  it('hands a redirect over when asked to', async () => {
    await using server = await startTestServer((_request, response) => void response.writeHead(302, { location: '/x' }).end());
    const response = await client().request({ url: server.origin, redirect: 'manual', expect: [302] });
    expect([response.status, response.headers.get('location')]).toEqual([302, '/x']);
  });
});

describe('createHttpClient() and proxies', () => {
  // Only names that are not loopback go through a proxy, so this one is never looked up.
  const NAME = 'registry.test';

  it('asks a proxy for plain http by absolute address, with its credentials', async () => {
    await using proxy = await startTestServer((_request, response) => void response.end('proxied'));
    const http = client({ proxy: { http: proxy.origin.replace('//', '//u:pw@') } });
    expect(await (await http.request({ url: `http://${NAME}/path?q=1` })).text()).toBe('proxied');
    expect(proxy.seen[0]).toMatchObject({
      url: `http://${NAME}/path?q=1`,
      headers: { host: NAME, 'proxy-authorization': `Basic ${Buffer.from('u:pw').toString('base64')}` },
    });
  });

  it('opens a tunnel for https, and the server never sees the proxy credentials', async () => {
    await using server = await startTestServer((_request, response) => void response.end('secure'), { tls: true });
    const connects: string[] = [];
    const proxy = createServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', (head) => {
        connects.push(head.toString());
        const up = connect(server.port, '127.0.0.1', () => socket.write('HTTP/1.1 200 OK\r\n\r\n'));
        up.on('error', () => socket.destroy());
        socket.pipe(up).pipe(socket);
      });
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const { port } = proxy.address() as AddressInfo;
    const http = client({ ca: [testAuthority()], proxy: { https: `http://u:pw@127.0.0.1:${port}` } });
    expect(await (await http.request({ url: `https://${NAME}/` })).text()).toBe('secure');
    await http.close();
    proxy.close();
    expect(connects[0]).toContain(`CONNECT ${NAME}:443`);
    expect(connects[0]!.toLowerCase()).toContain('proxy-authorization: basic');
    expect(server.seen[0]!.headers).not.toHaveProperty('proxy-authorization');
  });

  it.each(['http', 'https'])('says that it is the proxy which is not there: %s', async (protocol) => {
    const port = await unusedPort();
    const proxy = `http://u:pw@127.0.0.1:${port}`;
    const error = await failure(client({ retry: NO_RETRY, proxy: { http: proxy, https: proxy } }).request({ url: `${protocol}://${NAME}/` }));
    expect(error.message).toContain(`the proxy 127.0.0.1:${port} refuses the connection`);
    expect(error.message).not.toContain('pw');
    expect(error.nextStep).toContain('NO_PROXY');
  });

  it('explains a proxy that refuses', async () => {
    const proxy = createServer(
      (socket) => void socket.on('error', () => {}).once('data', () => socket.end('HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n')),
    );
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const error = await failure(client({ proxy: { https: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}` } }).request({ url: `https://${NAME}/` }));
    proxy.close();
    expect(error.message).toContain('the proxy refuses the connection (407)');
    expect(error.nextStep).toContain('HTTPS_PROXY');
  });

  it('trusts and is known as a request says, and tells another origin nothing of it', async () => {
    const clientAuthority = testClient().certificate;
    await using other = await startTestServer((_request, response) => void response.end('other'), { tls: true, clientAuthority });
    await using server = await startTestServer(
      (request, response) => void (request.url === '/away' ? response.writeHead(307, { location: `${other.origin}/` }).end() : response.end('here')),
      { tls: true, clientAuthority },
    );
    const tls = { ca: [testAuthority()], clientCertificates: [testClient()] };
    const made = client({ retry: NO_RETRY });
    expect(await (await made.request({ url: server.origin, tls })).text()).toBe('here');
    expect(await failure(made.request({ url: server.origin }))).toMatchObject({ code: 'HTTP_UNREACHABLE', certificate: 'untrusted' });
    expect(await failure(made.request({ url: server.origin, tls: { ca: tls.ca } }))).toMatchObject({ code: 'HTTP_UNREACHABLE', certificate: 'wanted' });
    // The authority is still trusted there: else it would be "untrusted".
    expect(await failure(made.request({ url: `${server.origin}/away`, tls }))).toMatchObject({ certificate: 'wanted' });
    expect(other.seen).toEqual([]);
  });

  it('knows the page by which nginx asks for a client certificate', async () => {
    await using server = await startTestServer(
      (_request, response) => void response.writeHead(400).end('<center>No required SSL certificate was sent</center>'),
    );
    expect(await failure(client().request({ url: server.origin }))).toMatchObject({ status: 400, certificate: 'wanted' });
  });
});
