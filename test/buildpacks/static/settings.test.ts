import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { chooseRoot } from '../../../buildpacks/static/src/choose-root.ts';
import { readSettings } from '../../../buildpacks/static/src/settings.ts';
import { parseStaticfile } from '../../../buildpacks/static/src/staticfile.ts';

let applicationDirectory = '';
beforeEach(() => void (applicationDirectory = mkdtempSync(join(tmpdir(), 'static-'))));
afterEach(() => rmSync(applicationDirectory, { recursive: true, force: true }));

function write(path: string, content = ''): void {
  mkdirSync(join(applicationDirectory, path, '..'), { recursive: true });
  writeFileSync(join(applicationDirectory, path), content);
}

const read = (env: Readonly<Record<string, string>> = {}) => readSettings({ applicationDirectory, env });

describe('parseStaticfile()', () => {
  it('reads settings, comments and status codes', () => {
    const { values, statusCodes } = parseStaticfile(
      '---\n# a site\nroot: "public folder" # here\npushstate: enabled\nstatus_codes:\n  404: /404.html\n  500: /500.html\n',
    );
    expect(values.get('root')).toEqual({ value: 'public folder', line: 3 });
    expect(values.get('pushstate')?.value).toBe('enabled');
    expect([...statusCodes]).toEqual([
      ['404', '/404.html'],
      ['500', '/500.html'],
    ]);
  });

  it.each([
    ['root', 'Cannot read Staticfile:1: "root" is not "key: value"'],
    ['\nrot: public', 'Cannot read Staticfile:2: "rot" is no setting'],
    ['status_codes:\n  404: oops', 'Cannot read Staticfile:2: "404: oops" is not a status and a path'],
    ['  root: x', 'a line is indented that belongs to nothing'],
  ])('refuses %j', (text, message) => {
    expect(() => parseStaticfile(text)).toThrow(message);
  });
});

describe('readSettings()', () => {
  it('has defaults that suit a plain site', () => {
    expect(read()).toEqual({ forceHttps: false, directoryListing: false, hiddenFiles: false, securityHeaders: true, errorPages: new Map(), origins: [] });
  });

  it('lets variables win over the Staticfile, and tells where each comes from', () => {
    write('Staticfile', 'root: dist\npushstate: enabled\nforce_https: true\nhttp_strict_transport_security_include_subdomains: true\n');
    write('Staticfile.auth', 'a:b');
    const settings = read({ BP_WEB_SERVER_ROOT: 'site', BP_WEB_SERVER_ENABLE_PUSH_STATE: 'false', BP_WEB_SERVER_DIRECTORY_LISTING: 'yes' });
    expect(settings).toMatchObject({
      root: 'site',
      pushState: false,
      forceHttps: true,
      strictTransport: 'max-age=31536000; includeSubDomains',
      directoryListing: true,
      passwords: 'Staticfile.auth',
    });
    expect(settings.origins).toEqual([
      'root from BP_WEB_SERVER_ROOT',
      'push state from BP_WEB_SERVER_ENABLE_PUSH_STATE',
      'strict transport from Staticfile:4',
      'https from Staticfile:3',
      'directory listing from BP_WEB_SERVER_DIRECTORY_LISTING',
    ]);
  });

  it.each([
    [{ BP_WEB_SERVER: 'httpd' }, 'Cannot use the web server "httpd" of BP_WEB_SERVER: this buildpack has nginx'],
    [{ BP_WEB_SERVER_FORCE_HTTPS: 'maybe' }, 'Cannot use "maybe" (https from BP_WEB_SERVER_FORCE_HTTPS): want true or false'],
  ])('refuses %j', (env, message) => {
    expect(() => read(env as unknown as Record<string, string>)).toThrow(message);
  });
});

describe('chooseRoot()', () => {
  const choose = (env: Readonly<Record<string, string>> = {}, metadata?: { root: string[]; spa?: boolean; generator?: string }) =>
    chooseRoot(applicationDirectory, read(env), metadata === undefined ? [{ name: 'static-web' }] : [{ name: 'static-web' }, { name: 'static-web', metadata }]);

  it('takes public before the application itself', () => {
    expect(choose()).toMatchObject({ path: '.', built: false });
    write('index.html');
    expect(choose()).toMatchObject({ path: '.' });
    write('public/index.html');
    expect(choose()).toMatchObject({ path: 'public', reason: 'public/index.html is there' });
    expect(choose({ BP_WEB_SERVER_ROOT: './public/' })).toMatchObject({ path: 'public', reason: 'as set' });
  });

  it('takes the first folder with a page that a build has written', () => {
    write('dist/other.txt');
    write('build/client/index.html');
    const metadata = { root: ['dist', 'build/*'], spa: true, generator: 'Vite' };
    expect(choose({}, metadata)).toEqual({ path: 'build/client', built: true, pushState: true, reason: 'the output of Vite' });
    rmSync(join(applicationDirectory, 'build'), { recursive: true });
    expect(choose({}, metadata)).toMatchObject({ path: 'dist' });
    rmSync(join(applicationDirectory, 'dist'), { recursive: true });
    expect(() => choose({}, metadata)).toThrow('Cannot find the folder to serve: Vite was expected to write "dist" or "build/*", which is not there');
  });

  it.each(['/etc', '../other', 'a/../../b', 'a"b', 'a$b', 'a{{port}}'])('refuses %j', (path) => {
    expect(() => choose({ BP_WEB_SERVER_ROOT: path })).toThrow(`Cannot use "${path}" as the root: want a path inside the application`);
  });
});
