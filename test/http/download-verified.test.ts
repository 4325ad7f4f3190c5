import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createHttpClient, downloadVerified } from '../../src/http/index.ts';
import type { VerifiedDownload } from '../../src/http/index.ts';
import type { TransferEvent } from '../../src/foundation/index.ts';
import { startTestServer } from '../support/test-server.ts';
import type { Respond, TestServer } from '../support/test-server.ts';

const content = randomBytes(2_000_000);
const sha256 = createHash('sha256').update(content).digest('hex');
const noSleep = async () => {};
const client = createHttpClient({ userAgent: 'test', clock: { now: () => new Date(0) }, sleep: noSleep });

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tspack-download-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function download(server: TestServer, more: Partial<VerifiedDownload> = {}) {
  const path = join(directory, 'deep/file');
  const events: TransferEvent[] = [];
  const done = downloadVerified({
    client,
    url: `${server.origin}/file`,
    digest: { algorithm: 'sha256', hex: sha256 },
    sizeBytes: content.length,
    path,
    label: 'a file',
    events: (event) => events.push(event),
    sleep: noSleep,
    ...more,
  });
  return { path, done, events };
}

/** Serves the content; the first `cuts` answers break off. */
function serving(options: { cuts?: number; ranges?: boolean; etag?: (count: number) => string; first?: Buffer; announce?: boolean } = {}): Respond {
  let count = 0;
  return (request, response) => {
    count += 1;
    const whole = count === 1 && options.first !== undefined ? options.first : content;
    const etag = options.etag?.(count) ?? '"v1"';
    const range = /^bytes=(\d+)-$/.exec(request.headers.range ?? '');
    const condition = request.headers['if-range'];
    const start = options.ranges !== false && range !== null && (condition === undefined || condition === etag) ? Number(range[1]) : 0;
    const body = whole.subarray(start);
    const length = options.announce === false ? { connection: 'close' } : { 'content-length': body.length };
    response.writeHead(start > 0 ? 206 : 200, {
      etag,
      ...length,
      ...(start > 0 ? { 'content-range': `bytes ${start}-${whole.length - 1}/${whole.length}` } : {}),
    });
    if (count > (options.cuts ?? 0)) response.end(body);
    else if (options.announce === false) response.end(body.subarray(0, 700_000));
    else response.write(body.subarray(0, 700_000), () => response.destroy());
  };
}

describe('downloadVerified()', () => {
  it('leaves one complete file and tells the progress', async () => {
    await using server = await startTestServer(serving());
    const { path, done, events } = download(server);
    expect(await done).toEqual({ sizeBytes: content.length });
    expect(readFileSync(path).equals(content)).toBe(true);
    expect(readdirSync(join(directory, 'deep'))).toEqual(['file']);
    expect(events[0]).toMatchObject({ kind: 'transfer', direction: 'download', doneBytes: 0, totalBytes: content.length, finished: false });
    expect(events.at(-1)).toMatchObject({ doneBytes: content.length, finished: true });
    expect(events.filter(({ finished }) => finished)).toHaveLength(1);
  });

  it('accepts sha512 in base64, as npm gives it, and no size', async () => {
    await using server = await startTestServer(serving());
    const digest = { algorithm: 'sha512', base64: createHash('sha512').update(content).digest('base64') } as const;
    const path = join(directory, 'file');
    expect(await downloadVerified({ client, url: server.origin, digest, path, label: 'a file' })).toEqual({ sizeBytes: content.length });
  });

  it('goes on by range request when the connection breaks', async () => {
    await using server = await startTestServer(serving({ cuts: 2 }));
    const { path, done } = download(server);
    await done;
    expect(readFileSync(path).equals(content)).toBe(true);
    expect(server.seen).toHaveLength(3);
    expect(server.seen[1]!.headers.range).toMatch(/^bytes=[1-9]\d*-$/);
    expect(server.seen[1]!.headers['if-range']).toBe('"v1"');
  });

  it('resumes a body that ends early without an error', async () => {
    await using server = await startTestServer(serving({ cuts: 1, announce: false }));
    const { path, done } = download(server);
    await done;
    expect(readFileSync(path).equals(content)).toBe(true);
    expect(server.seen[1]!.headers.range).toBe('bytes=700000-');
  });

  it('reads again and skips when the server knows no ranges', async () => {
    await using server = await startTestServer(serving({ cuts: 1, ranges: false }));
    const { path, done } = download(server);
    await done;
    expect(readFileSync(path).equals(content)).toBe(true);
  });

  it('starts again when the file changed between two parts', async () => {
    await using server = await startTestServer(serving({ cuts: 1, etag: (count) => (count === 1 ? '"old"' : '"new"'), first: randomBytes(content.length) }));
    const { path, done } = download(server);
    await done;
    expect(readFileSync(path).equals(content)).toBe(true);
    expect(server.seen).toHaveLength(3);
  });

  it.each([
    ['other bytes', randomBytes(2_000_000)],
    ['more bytes', Buffer.concat([content, Buffer.from('more')])],
  ])('keeps nothing of %s', async (_title, served) => {
    await using server = await startTestServer((_request, response) => void response.end(served));
    const { done } = download(server);
    await expect(done).rejects.toMatchObject({ code: 'DOWNLOAD_DIGEST_MISMATCH' });
    expect(readdirSync(join(directory, 'deep'))).toEqual([]);
  });

  it('does not touch an existing file when it fails', async () => {
    await using server = await startTestServer(serving());
    await download(server).done;
    await using broken = await startTestServer((_request, response) => void response.writeHead(404).end());
    const { path, done } = download(broken);
    await expect(done).rejects.toMatchObject({ code: 'DOWNLOAD_FAILED', cause: { status: 404 } });
    expect(readFileSync(path).equals(content)).toBe(true);
  });

  it('gives up after some attempts without progress', async () => {
    await using server = await startTestServer((_request, response) => {
      response.writeHead(200, { 'content-length': content.length }).flushHeaders();
      setTimeout(() => response.destroy(), 5);
    });
    const { path, done } = download(server);
    await expect(done).rejects.toMatchObject({ code: 'DOWNLOAD_FAILED' });
    expect(existsSync(path)).toBe(false);
    expect(server.seen.length).toBeLessThan(30);
  });

  it('stops at an abort and leaves nothing', async () => {
    await using server = await startTestServer((_request, response) => void response.writeHead(200).write('x'));
    const controller = new AbortController();
    const { done } = download(server, { signal: controller.signal });
    setTimeout(() => controller.abort(new Error('stopped')), 50);
    await expect(done).rejects.toThrow('stopped');
    expect(readdirSync(join(directory, 'deep'))).toEqual([]);
  });
});
