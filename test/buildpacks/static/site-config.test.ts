import { describe, expect, it } from 'vitest';
import { cacheControlMap } from '../../../buildpacks/static/src/cache-control.ts';
import { formatSiteConfig, type Site } from '../../../buildpacks/static/src/site-config.ts';
import { parseDirectives } from '../../../buildpacks/static/src/nginx-directives.ts';

const SITE: Site = {
  frame: { nginxDirectory: '/layers/nginx', modules: ['ngx_x'] },
  root: '/workspace/public',
  built: false,
  pushState: false,
  forceHttps: false,
  strictTransport: undefined,
  directoryListing: false,
  hiddenFiles: false,
  securityHeaders: true,
  passwords: undefined,
  include: undefined,
  errorPages: new Map([['404', '/404.html']]),
  refused: ['Staticfile'],
};

/** `server` directives as text, without those of blocks below. */
const server = (site: Partial<Site> = {}) =>
  parseDirectives(formatSiteConfig({ ...SITE, ...site }).replaceAll('{{listenIpv6}}', ''), 'site')
    .filter(({ context }) => context[0] === 'http' && context[1] === 'server')
    .map(({ name, words }) => [name, ...words.map(({ text }) => text)].join(' '));

describe('formatSiteConfig()', () => {
  it('serves files, with the page for 404 and without hidden and own files', () => {
    expect(server()).toEqual([
      'listen {{port}}',
      'root "/workspace/public"',
      'index index.html index.htm',
      'add_header Cache-Control $tspack_cache_control',
      'add_header X-Content-Type-Options nosniff always',
      'add_header X-Frame-Options SAMEORIGIN always',
      'add_header Referrer-Policy strict-origin-when-cross-origin always',
      'error_page 404 "/404.html"',
      'location = "/404.html"',
      'internal',
      'error_page 403 =404 "/404.html"',
      'location ~ "/\\.(?!well-known(?:/|$))"',
      'return 404',
      'location = "/Staticfile"',
      'return 404',
      'location /',
      'try_files $uri $uri/ $uri.html =404',
    ]);
  });

  it('answers with index.html what an application in the browser routes, but not a missing script', () => {
    const lines = server({ pushState: true });
    expect(lines).toContain('try_files $uri =404');
    expect(lines.at(-1)).toBe('try_files $uri $uri/index.html $uri.html /index.html');
  });

  it('has a directive for each setting', () => {
    const lines = server({
      forceHttps: true,
      strictTransport: 'max-age=1',
      directoryListing: true,
      hiddenFiles: true,
      securityHeaders: false,
      passwords: '{{bindings}}/users/.htpasswd',
      include: '/workspace/more.conf',
    });
    expect(lines).toContain('autoindex on');
    expect(lines).toContain('return 301 https://$host$request_uri');
    expect(lines).toContain('add_header Strict-Transport-Security $tspack_strict_transport always');
    expect(lines).toContain('auth_basic_user_file "{{bindings}}/users/.htpasswd"');
    expect(lines).toContain('include "/workspace/more.conf"');
    expect(lines.join('\n')).not.toMatch(/X-Frame-Options|well-known/);
  });

  it('writes to one folder alone', () => {
    const paths = parseDirectives(formatSiteConfig(SITE).replaceAll('{{listenIpv6}}', ''), 'site').filter(({ name }) => /_temp_path$|^pid$/.test(name));
    expect(paths).toHaveLength(6);
    for (const { words } of paths) expect(words[0]?.text).toMatch(/^"\{\{tempDir\}\}\//);
  });
});

describe('cacheControlMap()', () => {
  /** What nginx would choose: the first pattern that fits, else the default. */
  const choose = (uri: string, built: boolean) => {
    const patterns = cacheControlMap(built).flatMap((line) => [...line.matchAll(/^"~(.*)" "(.*)";$/g)]);
    return patterns.find(([, pattern]) => new RegExp(pattern!).test(uri))?.[2] ?? 'no-cache';
  };

  it.each(['/js/app.4f1c2a9b.js', '/main-0a1b2c3d4e5f.css', '/app.4f1c2a9b.chunk.js', '/fonts/x.deadbee1.woff2'])('keeps %s for a year', (uri) => {
    expect(choose(uri, false)).toBe('public, max-age=31536000, immutable');
  });

  it.each([
    '/',
    '/index.html',
    '/js/app.js',
    '/photo-20240101.jpg',
    '/jquery-3.7.1.min.js',
    '/bootstrap-datepicker.js',
    '/jquery-DataTables.js',
    '/x.facade12/y.js',
  ])('asks again for %s', (uri) => {
    expect(choose(uri, true)).toBe('no-cache');
  });

  it('trusts the folders of generators when something was built', () => {
    expect(choose('/assets/index-BxK_qZwP.js', true)).toContain('immutable');
    expect(choose('/assets/index-BxK_qZwP.js', false)).toBe('no-cache');
    expect(choose('/_app/immutable/start.CkqPz-Xy.js', true)).toContain('immutable');
  });
});
