import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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
