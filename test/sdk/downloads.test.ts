import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createDownloads, mirroredUrl, readMirrors, type Binding, type Clock } from '../../src/sdk/index.ts';

const clock: Clock = { now: () => new Date(0) };
const server = createServer((request, response) => {
  response.end(request.url === '/base/pkg?x=1' ? '{"ok":true}' : 'content');
});
let address = '';
let directory = '';
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  directory = mkdtempSync(join(tmpdir(), 'tspack-downloads-'));
});
afterAll(() => {
  server.close();
  rmSync(directory, { recursive: true, force: true });
});

function binding(files: Record<string, string>): Binding {
  return { name: 'm', type: 'dependency-mirror', provider: undefined, directory: '/', keys: Object.keys(files), read: (key) => files[key] };
}

describe('mirroredUrl()', () => {
  const mirrors = readMirrors({ TSPACK_MIRROR_MY__HOST_EXAMPLE_ORG: 'https://mirror.example/a/' }, [
    binding({ type: 'dependency-mirror', 'my-host.example.org': 'https://other.example', 'two.example.org': 'https://m.example/{originalHost}' }),
  ]);
  it.each([
    ['https://my-host.example.org/p/q?r=s', 'https://mirror.example/a/p/q?r=s'],
    ['https://two.example.org/p', 'https://m.example/two.example.org/p'],
    ['https://three.example.org/p', 'https://three.example.org/p'],
  ])('maps %s', (url, expected) => {
    expect(mirroredUrl(url, mirrors)).toBe(expected);
  });

  it('uses the default mirror for every other host', () => {
    expect(mirroredUrl('https://x.example/p', readMirrors({ TSPACK_MIRROR: 'https://all.example' }, []))).toBe('https://all.example/p');
  });
});

describe('createDownloads()', () => {
  it('fetches JSON through a mirror', async () => {
    const downloads = createDownloads({ env: { TSPACK_MIRROR: `${address}/base` }, bindings: [], clock, userAgent: 'test/1' });
    expect(await downloads.fetchJson({ url: 'https://nowhere.invalid/pkg?x=1' })).toEqual({ ok: true });
    await downloads.close();
  });

  it('keeps a file only when its digest is right', async () => {
    const downloads = createDownloads({ env: {}, bindings: [], clock, userAgent: 'test/1' });
    const path = join(directory, 'file');
    await expect(downloads.fetchFile({ url: `${address}/f`, digest: { algorithm: 'sha512', hex: '0'.repeat(128) }, path, label: 'f' })).rejects.toMatchObject({
      code: 'DOWNLOAD_DIGEST_MISMATCH',
    });
    expect(() => readFileSync(path)).toThrow();
    await downloads.fetchFile({
      url: `${address}/f`,
      digest: { algorithm: 'sha512', hex: createHash('sha512').update('content').digest('hex') },
      path,
      label: 'f',
    });
    expect(readFileSync(path, 'utf8')).toBe('content');
    await downloads.close();
  });

  it('asks nothing when offline', async () => {
    const downloads = createDownloads({ env: { TSPACK_OFFLINE: '1' }, bindings: [], clock, userAgent: 'test/1' });
    await expect(downloads.fetchJson({ url: `${address}/x` })).rejects.toMatchObject({ code: 'DOWNLOAD_OFFLINE' });
  });
});

describe('the downloads of the machine', () => {
  const digest = { algorithm: 'sha512', hex: createHash('sha512').update('content').digest('hex') } as const;
  const name = `sha512-${digest.hex}`;
  let shared: string;
  let path: string;
  beforeEach(() => {
    shared = mkdtempSync(join(directory, 'shared-'));
    path = join(shared, 'file');
    for (const folder of ['store', 'inbox']) mkdirSync(join(shared, folder));
  });
  const fetch = async (env: Record<string, string> = {}, request: { url?: string; headers?: Record<string, string> } = {}) => {
    const downloads = createDownloads({ env: { TSPACK_DOWNLOADS: shared, ...env }, bindings: [], clock, userAgent: 'test/one/1' });
    try {
      return await downloads.fetchFile({ url: `${address}/f`, digest, path, label: 'f 1.0', ...request });
    } finally {
      await downloads.close();
    }
  };
  const record = () =>
    readFileSync(join(shared, 'inbox/record.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
  const inbox = () => readdirSync(join(shared, 'inbox')).filter((file) => file !== 'record.jsonl');

  it('get what was fetched, and a line about it without its secrets', async () => {
    expect(await fetch({}, { url: `${address}/f?signature=1` })).toBe('network');
    expect(inbox()).toEqual([name]);
    expect(readFileSync(join(shared, 'inbox', name), 'utf8')).toBe('content');
    expect(record()).toEqual([{ url: `${address}/f`, digest: `sha512:${digest.hex}`, sizeBytes: 7, from: 'network', buildpack: 'test/one/1' }]);
  });

  it('give what they have, without the network and as if it had been downloaded', async () => {
    writeFileSync(join(shared, 'store', name), 'content', { mode: 0o444 });
    expect(await fetch({ TSPACK_OFFLINE: '1' })).toBe('store');
    expect(readFileSync(path, 'utf8')).toBe('content');
    expect(statSync(path).mode & 0o777).toBe(0o644);
    expect(record()).toMatchObject([{ from: 'store', sizeBytes: 7 }]);
    expect(inbox()).toEqual([]);
  });

  it('are not believed: a damaged file is fetched again', async () => {
    writeFileSync(join(shared, 'store', name), 'damaged');
    await fetch();
    expect(readFileSync(path, 'utf8')).toBe('content');
    expect(inbox()).toEqual([name]);
    await expect(fetch({ TSPACK_OFFLINE: '1' })).rejects.toMatchObject({ code: 'DOWNLOAD_OFFLINE' });
  });

  it('do not get what only some may ask for', async () => {
    await fetch({}, { headers: { authorization: 'Bearer x' } });
    await fetch({}, { url: `${address.replace('http://', 'http://me:secret@')}/f` });
    expect(inbox()).toEqual([]);
    expect(JSON.stringify(record())).not.toContain('secret');
  });

  it('may be read-only, full or missing: nothing fails', async () => {
    rmSync(join(shared, 'inbox'), { recursive: true });
    rmSync(join(shared, 'store'), { recursive: true });
    await fetch();
    await fetch({ TSPACK_DOWNLOADS: '' });
    expect(existsSync(path)).toBe(true);
  });
});
