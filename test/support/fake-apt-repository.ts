import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCleartextMessage, generateKey, readPrivateKey, sign } from 'openpgp';
import type { DebianMirrors } from '../../src/debian/index.ts';
import { createDeb } from './deb-file.ts';
import type { FakeEntry } from './deb-file.ts';
import { storeXz } from './xz.ts';

export interface FakePackage {
  readonly name: string;
  readonly version: string;
  readonly architecture?: string;
  /** Further lines of the control file: `Depends: libc6 (>= 2.41)`. */
  readonly fields?: readonly string[];
  readonly entries?: readonly FakeEntry[];
}

/** What the repository does wrong; change it while it runs. */
export interface FakeAptFaults {
  signature?: 'broken' | 'foreign' | 'missing' | undefined;
  /** Instead of the suite's own name. */
  codename?: string | undefined;
  date?: Date | undefined;
  validUntil?: Date | undefined;
  /** Serves another index than the signed one. */
  tamperedIndex?: boolean | undefined;
  /** Serves this package with one byte changed. */
  tamperedPackage?: string | undefined;
  /** Ends the connection in the middle of this package, this many times. */
  truncated?: { name: string; times: number } | undefined;
}

export interface FakeAptRepository {
  readonly mirrors: DebianMirrors;
  readonly keyringDirectory: string;
  readonly faults: FakeAptFaults;
  /** Paths asked for, in order. */
  readonly requests: string[];
  /** Replaces what a suite holds; packages that it no longer lists are gone from the pool too. */
  publish(suite: string, packages: readonly FakePackage[]): void;
  close(): Promise<void>;
}

/** When the keys were made and the suites signed, unless a fault says otherwise. */
export const FAKE_RELEASE_DATE = new Date('2026-06-01T12:00:00Z');
const KEY_DATE = new Date('2026-01-01T00:00:00Z');

/** A signed Debian repository on 127.0.0.1 with freshly made keys and real, small packages. */
export async function startFakeAptRepository(suites: Readonly<Record<string, readonly FakePackage[]>>): Promise<FakeAptRepository> {
  const keyringDirectory = mkdtempSync(join(tmpdir(), 'fake-apt-keys-'));
  const key = await newKey('Archive');
  const foreignKey = await newKey('Somebody else');
  for (const name of ['trixie-automatic', 'trixie-stable', 'trixie-security-automatic'])
    writeFileSync(join(keyringDirectory, `debian-archive-${name}.gpg`), key.publicKey);

  const faults: FakeAptFaults = {};
  const requests: string[] = [];
  const pool = new Map<string, { name: string; bytes: Buffer; suite: string }>();
  const indexes = new Map<string, string>();

  const publish = (suite: string, packages: readonly FakePackage[]) => {
    for (const [path, file] of pool) if (file.suite === suite) pool.delete(path);
    const paragraphs = new Map<string, string[]>([
      ['amd64', []],
      ['arm64', []],
    ]);
    for (const each of packages) {
      const architecture = each.architecture ?? 'amd64';
      const control = [
        `Package: ${each.name}`,
        `Version: ${each.version}`,
        `Architecture: ${architecture}`,
        ...(each.fields ?? []),
        'Description: made for a test',
        '',
      ].join('\n');
      const bytes = createDeb({ control, entries: each.entries ?? [{ path: `./usr/share/${each.name}/version`, content: each.version }] });
      const path = `pool/main/${each.name[0]}/${each.name}/${each.name}_${each.version.replace(/^\d+:/, '')}_${architecture}.deb`;
      pool.set(path, { name: each.name, bytes, suite });
      const paragraph = `${control.trimEnd()}\nFilename: ${path}\nSize: ${bytes.length}\nSHA256: ${sha256(bytes)}\n`;
      for (const [name, list] of paragraphs) if (architecture === 'all' || architecture === name) list.push(paragraph);
    }
    for (const [architecture, list] of paragraphs) indexes.set(`${suite}/${architecture}`, list.join('\n'));
  };
  for (const [suite, packages] of Object.entries(suites)) publish(suite, packages);

  const signedRelease = async (suite: string): Promise<string> => {
    const date = faults.date ?? FAKE_RELEASE_DATE;
    const lines = [`Origin: Debian`, `Codename: ${faults.codename ?? suite}`, `Date: ${date.toUTCString().replace('GMT', 'UTC')}`];
    if (faults.validUntil !== undefined) lines.push(`Valid-Until: ${faults.validUntil.toUTCString().replace('GMT', 'UTC')}`);
    if (suite.endsWith('-backports')) lines.push('NotAutomatic: yes');
    lines.push('Acquire-By-Hash: yes', 'SHA256:');
    for (const architecture of ['amd64', 'arm64']) {
      const plain = Buffer.from(indexes.get(`${suite}/${architecture}`) ?? '');
      const packed = storeXz(plain);
      lines.push(
        ` ${sha256(plain)} ${plain.length} main/binary-${architecture}/Packages`,
        ` ${sha256(packed)} ${packed.length} main/binary-${architecture}/Packages.xz`,
      );
    }
    const text = `${lines.join('\n')}\n`;
    if (faults.signature === 'missing') return text;
    const armoredKey = faults.signature === 'foreign' ? foreignKey.privateKey : key.privateKey;
    const message = await createCleartextMessage({ text });
    const signed = await sign({ message, signingKeys: await readPrivateKey({ armoredKey }), date });
    return faults.signature === 'broken' ? signed.replace('Origin: Debian', 'Origin: Nobody') : signed;
  };

  const answer = async (path: string, range: string | undefined, response: ServerResponse): Promise<void> => {
    const [, , , ...rest] = path.split('/'); // '', archive, 'dists' or 'pool'
    if (path.includes('/dists/')) {
      const suite = rest[0]!;
      const architecture = /binary-([a-z0-9]+)\//.exec(path)?.[1];
      if (![...indexes.keys()].some((name) => name.startsWith(`${suite}/`))) return send(response, 404, Buffer.from('no such suite'));
      if (architecture === undefined) return send(response, 200, Buffer.from(await signedRelease(suite)));
      const text = indexes.get(`${suite}/${architecture}`) ?? '';
      return send(response, 200, storeXz(Buffer.from(faults.tamperedIndex === true ? text.replace(/Version: \S/, 'Version: 9') : text)));
    }
    const file = pool.get(path.slice(path.indexOf('pool/')));
    if (file === undefined) return send(response, 404, Buffer.from('gone'));
    const bytes = Buffer.from(file.bytes);
    if (faults.tamperedPackage === file.name) bytes[bytes.length - 5]! ^= 0xff;
    const start = Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0);
    const status = start > 0 ? 206 : 200;
    const extra = start > 0 ? { 'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}` } : {};
    if (faults.truncated?.name === file.name && faults.truncated.times > 0) {
      faults.truncated.times--;
      response.writeHead(status, { 'content-length': bytes.length - start, etag: `"${sha256(bytes)}"`, ...extra });
      response.write(bytes.subarray(start, start + 40), () => response.destroy());
      return;
    }
    response.writeHead(status, { 'content-length': bytes.length - start, etag: `"${sha256(bytes)}"`, ...extra }).end(bytes.subarray(start));
  };

  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname);
    requests.push(path);
    answer(path, request.headers.range, response).catch((error: unknown) => response.destroy(error as Error));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    mirrors: { origin: 'environment', addresses: { debian: `${address}/debian`, 'debian-security': `${address}/debian-security` }, snapshot: undefined },
    keyringDirectory,
    faults,
    requests,
    publish,
    close: async () => {
      rmSync(keyringDirectory, { recursive: true, force: true });
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function newKey(name: string) {
  return generateKey({ userIDs: [{ name, email: 'archive@example.com' }], date: KEY_DATE, format: 'armored' });
}

function send(response: ServerResponse, status: number, body: Buffer): void {
  response.writeHead(status, { 'content-length': body.length }).end(body);
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
