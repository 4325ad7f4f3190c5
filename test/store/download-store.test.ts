import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { formatDownloadFact } from '../../src/foundation/index.ts';
import { openDownloadStore } from '../../src/store/index.ts';
import type { DownloadFact } from '../../src/foundation/index.ts';

const now = new Date('2026-03-01T00:00:00Z');
let root: string;
let inbox: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'tspack-store-'));
  inbox = join(root, 'inbox');
  mkdirSync(inbox);
});
afterEach(() => rmSync(root, { recursive: true }));

const open = () => openDownloadStore({ cache: join(root, 'cache') }, { now: () => now });
const hash = (content: string, algorithm = 'sha512') => createHash(algorithm).update(content).digest('hex');
const stored = () => readdirSync(join(root, 'cache/verified')).sort();
const fact = (changes: Partial<DownloadFact> = {}): DownloadFact => ({
  url: 'https://packages.example/node.tgz',
  digest: `sha512:${hash('node')}`,
  sizeBytes: 4,
  from: 'network',
  buildpack: 'tspack/nodejs/1.0.0',
  ...changes,
});

describe('openDownloadStore()', () => {
  it('keeps what hashes to its name, and reads the record', async () => {
    const names = [`sha256-${hash('go', 'sha256')}`, `sha512-${hash('node')}`];
    writeFileSync(join(inbox, names[0]!), 'go', { mode: 0o600 });
    writeFileSync(join(inbox, names[1]!), 'node', { mode: 0o777 });
    writeFileSync(join(inbox, 'record.jsonl'), formatDownloadFact(fact()));
    expect(await open().collect(inbox)).toEqual({ facts: [fact()], told: [], refused: [] });
    expect(stored()).toEqual(names);
    expect(statSync(join(root, 'cache/verified', names[1]!)).mode & 0o777).toBe(0o644);
  });

  it('has nothing to do for an empty inbox', async () => {
    expect(await open().collect(inbox)).toEqual({ facts: [], told: [], refused: [] });
  });

  it('replaces a damaged file by a right one', async () => {
    const store = open();
    const name = `sha512-${hash('node')}`;
    writeFileSync(join(store.directory, name), 'dama');
    writeFileSync(join(inbox, name), 'node');
    await store.collect(inbox);
    expect(readFileSync(join(store.directory, name), 'utf8')).toBe('node');
  });

  it('removes what nobody has used for long, and knows what was used', async () => {
    const store = open();
    const [used, unused] = [`sha512-${hash('used')}`, `sha512-${hash('unused')}`];
    for (const name of [used, unused]) {
      writeFileSync(join(store.directory, name), '');
      utimesSync(join(store.directory, name), new Date('2025-01-01'), new Date('2025-01-01'));
    }
    writeFileSync(join(inbox, 'record.jsonl'), formatDownloadFact(fact({ digest: `sha512:${hash('used')}`, from: 'store' })));
    await store.collect(inbox);
    expect(stored()).toEqual([used, unused].sort());
    const fresh = `sha512-${hash('fresh')}`;
    writeFileSync(join(inbox, fresh), 'fresh');
    await store.collect(inbox);
    expect(stored()).toEqual([used, fresh].sort());
  });
});

describe('a hostile inbox', () => {
  const name = `sha512-${hash('node')}`;
  const refuses = async () => {
    const { refused } = await open().collect(inbox);
    expect(stored()).toEqual([]);
    return refused;
  };

  it('cannot put other content under a digest', async () => {
    writeFileSync(join(inbox, name), 'evil');
    expect(await refuses()).toEqual([name]);
  });

  it('cannot have files of the machine taken by links', async () => {
    const secret = join(root, 'secret');
    writeFileSync(secret, 'node');
    symlinkSync(secret, join(inbox, name));
    expect(await refuses()).toEqual([name]);
    rmSync(join(inbox, name));
    linkSync(secret, join(inbox, name));
    expect(await refuses()).toEqual([name]);
    expect(readFileSync(secret, 'utf8')).toBe('node');
  });

  it('cannot make the build wait for a pipe, nor be a folder or the end of a link', async () => {
    execFileSync('mkfifo', [join(inbox, name)]);
    expect(await refuses()).toEqual([name]);
    rmSync(join(inbox, name));
    mkdirSync(join(inbox, name));
    expect(await refuses()).toEqual([name]);
    rmSync(join(inbox, name), { recursive: true });
    symlinkSync('/nowhere', join(inbox, name));
    expect(await refuses()).toEqual([name]);
  });

  it.each([`md5-${'0'.repeat(32)}`, `sha1-${hash('node', 'sha1')}`, `sha512-${hash('node').toUpperCase()}`, `sha256-${hash('node')}`, 'readme', '..sha512'])(
    'cannot use the name %s',
    async (wrong) => {
      writeFileSync(join(inbox, wrong), 'node');
      expect(await refuses()).toEqual([wrong]);
    },
  );

  it('cannot break the record', async () => {
    const lines = [
      'no JSON',
      'null',
      '[]',
      JSON.stringify({ ...fact(), url: 5 }),
      JSON.stringify({ ...fact(), url: 'https://a.example/\u001b[2J' }),
      JSON.stringify({ ...fact(), digest: 'sha1:00' }),
      JSON.stringify({ ...fact(), sizeBytes: -1 }),
      JSON.stringify({ ...fact(), from: 'heaven' }),
      JSON.stringify({ ...fact(), url: 'https://me:pass@a.example/file?token=1#x', more: 'x' }),
    ];
    writeFileSync(join(inbox, 'record.jsonl'), lines.join('\n'));
    expect((await open().collect(inbox)).facts).toEqual([fact({ url: 'https://a.example/file' })]);
  });

  it('cannot fill the memory with its record, nor have another file read as one', async () => {
    writeFileSync(join(inbox, 'record.jsonl'), formatDownloadFact(fact()));
    truncateSync(join(inbox, 'record.jsonl'), 20_000_000);
    expect((await open().collect(inbox)).facts).toEqual([]);
    rmSync(join(inbox, 'record.jsonl'));
    writeFileSync(join(root, 'other'), formatDownloadFact(fact()));
    symlinkSync(join(root, 'other'), join(inbox, 'record.jsonl'));
    expect(await open().collect(inbox)).toEqual({ facts: [], told: [], refused: [] });
  });

  it('leaves copies in progress alone', async () => {
    writeFileSync(join(inbox, `${name}.1-00.tmp`), 'no');
    expect(await refuses()).toEqual([]);
    expect(existsSync(join(inbox, `${name}.1-00.tmp`))).toBe(true);
  });
});
