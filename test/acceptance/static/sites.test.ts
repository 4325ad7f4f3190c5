import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { freePort, lastLine, runTspack, startTspack } from '../../support/tspack-command.ts';

const place = mkdtempSync(join(tmpdir(), 'tspack-sites-'));
afterAll(() => rmSync(place, { recursive: true, force: true }));

function site(name: string, files: Readonly<Record<string, string | Uint8Array>>): string {
  for (const [file, content] of Object.entries(files)) {
    mkdirSync(dirname(join(place, name, file)), { recursive: true });
    writeFileSync(join(place, name, file), content);
  }
  return join(place, name);
}

type Get = (path: string, headers?: Readonly<Record<string, string>>) => Promise<Response>;

/** Builds a site and runs it, and hands out a function that asks it. */
async function served(
  name: string,
  path: string,
  builder: string,
  args: readonly string[],
  check: (get: Get) => Promise<void>,
): Promise<{ build: string; log: string }> {
  const built = await runTspack(['build', `sites/${name}`, '--path', path, '--builder', builder, ...args]);
  lastLine(built);
  const port = await freePort();
  const { child, ended } = startTspack(['run', `sites/${name}`, '--runtime', 'sandbox', '--read-only', '-p', `${port}:8080`]);
  const get: Get = (url, headers = {}) => fetch(`http://127.0.0.1:${port}${url}`, { redirect: 'manual', headers });
  try {
    for (const end = Date.now() + 30_000; ;) {
      if (
        await get('/').then(
          () => true,
          () => false,
        )
      )
        break;
      if (Date.now() > end) throw new Error('the site does not answer');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await check(get);
  } finally {
    child.kill('SIGINT');
  }
  const { code, stdout } = await ended;
  expect(code).toBe(130);
  return { build: built.stdout + built.stderr, log: stdout };
}

describe('static sites', () => {
  it.each(['base', 'tiny'])('serves plain HTML on %s, with compression, cache headers and its own page for 404', async (builder) => {
    const text = 'body { color: red }\n'.repeat(200);
    const path = site('plain', {
      'index.html': '<h1>Home</h1>',
      '404.html': '<h1>Nothing here</h1>',
      'about.html': 'About',
      'docs/index.html': 'Docs',
      'empty/x.txt': 'x',
      'style.css': text,
      'app.4f1c2a9b.js': 'plain',
      'app.4f1c2a9b.js.gz': gzipSync('compressed before'),
      'app.4f1c2a9b.js.br': 'brotli before',
      '.secret': 'hidden',
      '.well-known/security.txt': 'Contact: x',
      Staticfile: 'http_strict_transport_security: true\n',
    });
    const { log } = await served(`plain-${builder}`, path, builder, [], async (get) => {
      const home = await get('/');
      expect([home.status, await home.text(), home.headers.get('cache-control'), home.headers.get('x-content-type-options')]).toEqual([
        200,
        '<h1>Home</h1>',
        'no-cache',
        'nosniff',
      ]);
      expect(home.headers.get('server')).toBe('nginx');
      for (const missing of ['/missing', '/.secret', '/Staticfile', '/missing.4f1c2a9b.js', '/empty/']) {
        const answer = await get(missing);
        expect([missing, answer.status, await answer.text(), answer.headers.get('cache-control')]).toEqual([missing, 404, '<h1>Nothing here</h1>', null]);
      }
      expect(await (await get('/about')).text()).toBe('About');
      expect((await get('/docs')).headers.get('location')).toBe('/docs/');
      expect(await (await get('/docs/')).text()).toBe('Docs');
      expect(await (await get('/.well-known/security.txt')).text()).toBe('Contact: x');

      const style = await get('/style.css', { 'accept-encoding': 'gzip' });
      expect([style.headers.get('content-type'), style.headers.get('content-encoding'), await style.text()]).toEqual(['text/css; charset=utf-8', 'gzip', text]);
      const hashed = await get('/app.4f1c2a9b.js', { 'accept-encoding': 'gzip' });
      expect([await hashed.text(), hashed.headers.get('cache-control')]).toEqual(['compressed before', 'public, max-age=31536000, immutable']);
      expect((await get('/app.4f1c2a9b.js', { 'accept-encoding': 'br, gzip' })).headers.get('content-encoding')).toBe('br');

      const etag = style.headers.get('etag')!;
      expect((await get('/style.css', { 'if-none-match': etag })).status).toBe(304);
      expect((await get('/', { 'x-forwarded-proto': 'https' })).headers.get('strict-transport-security')).toBe('max-age=31536000');
      expect((await get('/')).headers.get('strict-transport-security')).toBeNull();
    });
    expect(log).toContain('"GET /about HTTP/1.1" 200');
  });

  it('asks for passwords, redirects to https and routes in the browser, as set', async () => {
    const hash = `{SHA}${createHash('sha1').update('open').digest('base64')}`;
    const path = site('set', { 'www/index.html': 'App', 'www/real.js': '1', 'users.txt': `jo:${hash}\n` });
    const set = ['ROOT=www', 'ENABLE_PUSH_STATE=true', 'FORCE_HTTPS=true', 'BASIC_AUTH=users.txt'].flatMap((one) => ['--env', `BP_WEB_SERVER_${one}`]);
    await served('set', path, 'base', set, async (get) => {
      const authorization = `Basic ${Buffer.from('jo:open').toString('base64')}`;
      expect((await get('/')).status).toBe(401);
      expect((await get('/', { authorization: `Basic ${Buffer.from('jo:wrong').toString('base64')}` })).status).toBe(401);
      const deep = await get('/orders/17', { authorization });
      expect([deep.status, await deep.text(), deep.headers.get('cache-control')]).toEqual([200, 'App', 'no-cache']);
      expect((await get('/assets/gone.js', { authorization })).status).toBe(404);
      const redirected = await get('/x?y=1', { authorization, 'x-forwarded-proto': 'http', host: 'example.test' });
      expect([redirected.status, redirected.headers.get('location')?.replace(/:\d+/, '')]).toEqual([301, 'https://127.0.0.1/x?y=1']);
    });
  });

  it('runs a configuration of the user', async () => {
    const conf = [
      'user www-data;',
      'pid /run/nginx.pid;',
      'error_log /var/log/nginx/error.log;',
      'events {}',
      'http {',
      '  include mime.types;',
      '  access_log /var/log/nginx/access.log;',
      '  server {',
      '    listen ${PORT};',
      '    include rules/*.conf;',
      '    location / { root site; }',
      '  }',
      '}',
    ];
    const path = site('own', { 'nginx.conf': conf.join('\n'), 'rules/hello.conf': 'location = /hello { return 200 "hello\\n"; }\n', 'site/index.html': 'Own' });
    const { build, log } = await served('own', path, 'base', [], async (get) => {
      expect(await (await get('/hello')).text()).toBe('hello\n');
      const page = await get('/');
      expect([await page.text(), page.headers.get('content-type')]).toEqual(['Own', 'text/html']);
    });
    expect(build).toContain('error_log /var/log/nginx/error.log goes to standard error');
    expect(log).toContain('"GET /hello HTTP/1.1" 200');
  });

  it('names file and line of a configuration that nginx refuses', async () => {
    const path = site('broken', { 'nginx.conf': 'server {\n  listen $PORT;\n  include more.conf;\n}\n', 'more.conf': '# first\nretrun 404;\n' });
    const { code, stderr } = await runTspack(['build', 'sites/broken', '--path', path, '--builder', 'base']);
    expect(code).toBe(51);
    expect(stderr).toContain('Cannot use more.conf:2: nginx says: unknown directive "retrun" [STATIC_NGINX_CONFIGURATION_INVALID]');
  });
});
