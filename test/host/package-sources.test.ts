import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { redact } from '../../src/foundation/index.ts';
import { readPackageSources } from '../../src/host/index.ts';

let home: string;
beforeEach(() => (home = mkdtempSync(join(tmpdir(), 'tspack-home-'))));
afterEach(() => rmSync(home, { recursive: true }));

function file(path: string, content: string): string {
  mkdirSync(dirname(join(home, path)), { recursive: true });
  writeFileSync(join(home, path), content);
  return join(home, path);
}
/** Without the machine's own /etc/pip.conf. */
const quiet = { PIP_CONFIG_FILE: '/dev/null' };
const read = (env: Record<string, string | undefined> = {}) => readPackageSources({ HOME: home, ...quiet, ...env }).env;

describe('readPackageSources()', () => {
  it('passes nothing where nobody has set anything', () => {
    expect(readPackageSources({ ...quiet, PATH: '/bin', GOPROXY: '' })).toEqual({ env: {}, warnings: [] });
    expect(read({ GOPATH: '/go', PIP_REQUIRE_VIRTUALENV: '1', TSPACK_HOME: '/x', CARGO_REGISTRIES_ACME_TOKEN: 'secret' })).toEqual({});
  });

  it("passes on tspack's own variables and what was found otherwise", () => {
    const own = { TSPACK_MIRROR: 'https://m.example', TSPACK_MIRROR_NODEJS_ORG: 'https://n.example', TSPACK_PYTHON_SOURCES: 'debian', TSPACK_OFFLINE: '1' };
    expect(readPackageSources({ ...quiet, ...own }, { npm_config_registry: 'https://npm.example/' }).env).toEqual({
      npm_config_registry: 'https://npm.example/',
      ...own,
    });
  });

  it('cuts credentials out, says so, and shows no password from then on', () => {
    const { env, warnings } = readPackageSources({
      ...quiet,
      PIP_EXTRA_INDEX_URL: 'https://me:hunter2-pip@one.example/simple http://t0ken-0f-mine@two.example/',
      GOPROXY: 'https://user:pass@go.example,direct',
      PIP_INDEX_URL: 'https://plain.example/simple',
    });
    expect(env).toEqual({
      PIP_EXTRA_INDEX_URL: 'https://one.example/simple http://two.example/',
      GOPROXY: 'https://go.example,direct',
      PIP_INDEX_URL: 'https://plain.example/simple',
    });
    expect(warnings).toEqual([
      'Builds get PIP_EXTRA_INDEX_URL without its user name and password: give those to the buildpack as a binding',
      'Builds get GOPROXY without its user name and password: give those to the buildpack as a binding',
    ]);
    expect(redact('hunter2-pip t0ken-0f-mine')).toBe('*** ***');
  });
});

describe("pip's settings", () => {
  it('are those of its variables, then of [install], then of [global], of all its files', () => {
    file('.pip/pip.conf', '[global]\nindex-url = https://legacy.example/\n');
    file(
      '.config/pip/pip.conf',
      '# mine\n[global]\nindex_url: https://user.example/simple\nextra-index-url =\n    https://a.example/\n    https://b.example/\ntimeout = 5\n',
    );
    const env = { PIP_CONFIG_FILE: undefined };
    expect(read(env)).toEqual({ PIP_INDEX_URL: 'https://user.example/simple', PIP_EXTRA_INDEX_URL: 'https://a.example/ https://b.example/' });
    const last = file('last.conf', '[install]\nindex-url=https://install.example/\n[global]\nindex-url=https://last.example/\ntrusted-host = last.example\n');
    expect(read({ PIP_CONFIG_FILE: last })).toMatchObject({ PIP_INDEX_URL: 'https://install.example/', PIP_TRUSTED_HOST: 'last.example' });
    expect(read({ PIP_CONFIG_FILE: last, PIP_INDEX_URL: 'https://env.example/' })).toMatchObject({ PIP_INDEX_URL: 'https://env.example/' });
  });

  it('are in no file when pip is told to read none', () => {
    file('.config/pip/pip.conf', '[global]\nindex-url = https://user.example/simple\n');
    expect(read()).toEqual({});
  });
});

describe("Go's settings", () => {
  it('are those of its variables, else of the file that "go env -w" writes', () => {
    file('.config/go/env', 'GOPROXY=https://file.example\nGOPRIVATE=corp.example/*\nGOFLAGS=-x\n');
    expect(read({ GOPROXY: 'https://env.example', GONOSUMDB: 'a.example' })).toEqual({
      GOPROXY: 'https://env.example',
      GOPRIVATE: 'corp.example/*',
      GONOSUMDB: 'a.example',
    });
    expect(read({ GOENV: 'off' })).toEqual({});
    expect(read({ GOENV: file('other', 'GOSUMDB=off\r\n') })).toEqual({ GOSUMDB: 'off' });
  });
});

describe("Maven's settings", () => {
  const mirror = (of: string, url: string, more = '') => `<mirror>\n<id>m</id>${more}<url> ${url} </url><mirrorOf>${of}</mirrorOf></mirror>`;
  const settings = (...mirrors: string[]) =>
    file('.m2/settings.xml', `<settings><!-- ${mirror('central', 'https://comment.example/')} --><mirrors>${mirrors.join('')}</mirrors></settings>`);

  it('name the mirror of the central repository', () => {
    settings(mirror('*', 'https://all.example/?a=1&amp;b=2'), mirror('central', 'https://central.example/'));
    expect(read()).toEqual({ TSPACK_MAVEN_MIRROR: 'https://central.example/' });
    expect(read({ TSPACK_MAVEN_MIRROR: 'https://env.example/' })).toEqual({ TSPACK_MAVEN_MIRROR: 'https://env.example/' });
    settings(mirror('*', 'https://all.example/?a=1&amp;b=2'));
    expect(read()).toEqual({ TSPACK_MAVEN_MIRROR: 'https://all.example/?a=1&b=2' });
  });

  it('leave out mirrors of other repositories, blocked ones, and addresses that only Maven can make out', () => {
    settings(mirror('*,!central', 'https://a.example/'), mirror('corp', 'https://b.example/'), mirror('external:http:*', 'http://0.0.0.0/'));
    expect(read()).toEqual({});
    settings(mirror('*', 'https://a.example/', '<blocked>true</blocked>'), mirror('*', '${corp.mirror}'), mirror('corp,external:*', '${env.CORP}/maven'));
    expect(read({ CORP: 'https://c.example' })).toEqual({ TSPACK_MAVEN_MIRROR: 'https://c.example/maven' });
  });
});

describe("Cargo's settings", () => {
  it('name registries, and what replaces crates-io in the end', () => {
    const config = '[source.crates-io]\nreplace-with = "near"\n[source.near]\nreplace-with = "corp"\n';
    file(
      '.cargo/config.toml',
      `${config}[source.corp]\nregistry = "sparse+https://crates.example/index/"\n[registries.my-own]\nindex = "https://own.example/"\n`,
    );
    expect(read({ CARGO_REGISTRIES_MY_OWN_INDEX: 'https://env.example/' })).toEqual({
      TSPACK_CARGO_INDEX: 'sparse+https://crates.example/index/',
      CARGO_REGISTRIES_MY_OWN_INDEX: 'https://env.example/',
    });
    file('.cargo/config.toml', `${config}[registries.corp]\nindex = "https://named.example/"\n`);
    expect(read()['TSPACK_CARGO_INDEX']).toBe('https://named.example/');
  });

  it('are left out where they name folders, go in circles or cannot be read', () => {
    const at = file('cargo/config', '[source.crates-io]\nreplace-with = "local"\n[source.local]\ndirectory = "vendor"\n');
    expect(read({ CARGO_HOME: dirname(at) })).toEqual({});
    file('cargo/config', '[source.crates-io]\nreplace-with = "a"\n[source.a]\nreplace-with = "b"\n[source.b]\nreplace-with = "a"\n');
    expect(read({ CARGO_HOME: dirname(at) })).toEqual({});
    file('cargo/config', '[source');
    const { env, warnings } = readPackageSources({ ...quiet, CARGO_HOME: dirname(at) });
    expect(env).toEqual({});
    expect(warnings).toEqual([expect.stringMatching(/^Builds get no settings of Cargo: Cannot parse .*cargo\/config:1/u)]);
  });
});
