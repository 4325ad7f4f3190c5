import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  chmodSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeLayerTar } from '../../src/archive/index.ts';
import { encodeLayerTar } from '../../src/archive/layer-tar-encoder.ts';
import type { TarSink } from '../../src/archive/tar-sink.ts';

let scratch: string;
beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'tspack-layer-'));
});
afterEach(() => {
  rmSync(scratch, { recursive: true, force: true });
});

const FILES: readonly (readonly [path: string, content: string | Buffer, mode: number])[] = [
  ['plain', 'hello\n', 0o644],
  ['empty', '', 0o600],
  ['block', 'a'.repeat(512), 0o644],
  ['run', '#!/bin/sh\n', 0o755],
  ['suid', 'x', 0o4755],
  ['large', Buffer.alloc(2_500_000, 'large '), 0o644],
  ['fills the buffer', Buffer.alloc(1024 * 1024, 'b'), 0o644],
  ['a/x', '1', 0o644],
  ['a.b/x', '2', 0o644],
  ['a-b/x', '3', 0o444],
  ['new\nline', '4', 0o644],
  ['grüße', '5', 0o644],
  ['.hidden', '6', 0o644],
  [`${'deep/'.repeat(30)}${'n'.repeat(80)}`, '7', 0o644],
];

/** The same tree in another order of creation and under another umask. */
function makeTree(directory: string, backwards = false): void {
  const before = process.umask(backwards ? 0o077 : 0o002);
  try {
    mkdirSync(directory);
    for (const [path, content, mode] of backwards ? [...FILES].reverse() : FILES) {
      const file = join(directory, path);
      mkdirSync(join(file, '..'), { recursive: true });
      writeFileSync(file, content);
      chmodSync(file, mode);
    }
    // A name that is not UTF-8.
    writeFileSync(Buffer.concat([Buffer.from(`${directory}/caf`), Buffer.from([0xe9])]), '8', { mode: 0o644 });
    symlinkSync('a/x', join(directory, 'link'));
    symlinkSync('t'.repeat(120), join(directory, 'longlink'));
    linkSync(join(directory, 'plain'), join(directory, 'hard'));
    execFileSync('mkfifo', ['-m', '640', join(directory, 'pipe')]);
    execFileSync('find', [directory, '-type', 'd', '-exec', 'chmod', '755', '{}', '+']);
    chmodSync(join(directory, 'a'), 0o1777);
    execFileSync('sh', ['-c', 'chmod 644 "$0"/caf*', directory]);
  } finally {
    process.umask(before);
  }
}

const tree = (source: string, more: object = {}) => ({ parts: [{ kind: 'tree' as const, source, target: '/layers/example', uid: 1001, gid: 1000, ...more }] });
const names = (file: string) => execFileSync('tar', ['-tPf', file], { encoding: 'utf8' }).trimEnd().split('\n');

describe('writeLayerTar()', () => {
  it('writes the bytes that the reference writes for the same tree', async () => {
    makeTree(join(scratch, 'tree'));
    const { diffId, sizeBytes } = await writeLayerTar(tree(join(scratch, 'tree')), join(scratch, 'layer.tar'));
    const bytes = readFileSync(join(scratch, 'layer.tar'));
    // Found with Go 1.26's archive/tar, filepath.Walk and the header changes of lifecycle's archive and layers packages.
    expect(diffId).toBe('sha256:dc51aa51079bfb593f44d7089b39f30e95f2da133a421ffa29c31acf9f41c849');
    expect(diffId).toBe(`sha256:${createHash('sha256').update(bytes).digest('hex')}`);
    expect(sizeBytes).toBe(bytes.length);
    expect(readdirSync(scratch).sort()).toEqual(['layer.tar', 'tree']);
  });

  it('gives one digest whatever the order of creation, the umask, the place and the time', async () => {
    makeTree(join(scratch, 'one'));
    makeTree(join(scratch, 'two'), true);
    execFileSync('touch', ['-d', '2001-01-01', join(scratch, 'two/plain')]);
    const [one, two] = await Promise.all([writeLayerTar(tree(join(scratch, 'one'))), writeLayerTar(tree(join(scratch, 'two')))]);
    expect(two).toEqual(one);
  });

  it('writes entries as they are given, then trees', async () => {
    writeFileSync(join(scratch, 'launcher'), 'program');
    const owner = { uid: 0, gid: 0 };
    const output = join(scratch, 'layer.tar');
    const { sizeBytes } = await writeLayerTar(
      {
        parts: [
          {
            kind: 'entries',
            entries: [
              { path: '/cnb', type: 'directory', mode: 0o755, ...owner },
              { path: '/cnb/launcher', type: 'file', mode: 0o755, source: join(scratch, 'launcher'), ...owner },
              { path: '/cnb/note', type: 'file', mode: 0o644, content: Buffer.from('inline'), ...owner },
              { path: '/cnb/nothing', type: 'file', mode: 0o644, ...owner },
              { path: '/cnb/web', type: 'symlink', mode: 0o777, linkTarget: '/cnb/launcher', ...owner },
              { path: Buffer.from('/cnb/caf\xe9', 'latin1'), type: 'file', mode: 0o644, content: Buffer.from('!'), ...owner },
            ],
          },
          { kind: 'tree', source: join(scratch, 'launcher'), target: '/copy', uid: 7, gid: 8 },
        ],
        mtimeSeconds: 86_400,
      },
      output,
    );
    const listed = execFileSync('tar', ['-tPvf', output, '--quoting-style=escape', '--full-time'], { encoding: 'utf8', env: { ...process.env, TZ: 'UTC' } });
    expect(listed.replace(/ +/g, ' ').trimEnd().split('\n')).toEqual([
      'drwxr-xr-x 0/0 0 1970-01-02 00:00:00 /cnb',
      '-rwxr-xr-x 0/0 7 1970-01-02 00:00:00 /cnb/launcher',
      '-rw-r--r-- 0/0 6 1970-01-02 00:00:00 /cnb/note',
      '-rw-r--r-- 0/0 0 1970-01-02 00:00:00 /cnb/nothing',
      'lrwxrwxrwx 0/0 0 1970-01-02 00:00:00 /cnb/web -> /cnb/launcher',
      '-rw-r--r-- 0/0 1 1970-01-02 00:00:00 /cnb/caf\\351',
      '-rw-r--r-- 7/8 7 1970-01-02 00:00:00 /copy',
    ]);
    expect(execFileSync('tar', ['-xPOf', output, '/cnb/note'], { encoding: 'utf8' })).toBe('inline');
    // A header each, a block for each of the four contents, two more for the PAX header, and the trailer.
    expect(sizeBytes).toBe((7 + 4 + 2 + 2) * 512);
  });

  it('writes an empty layer as two zero blocks', async () => {
    await writeLayerTar({ parts: [] }, join(scratch, 'empty.tar'));
    expect(readFileSync(join(scratch, 'empty.tar'))).toEqual(Buffer.alloc(1024));
  });

  it('leaves out sockets and what is excluded', async () => {
    const directory = join(scratch, 'tree');
    mkdirSync(join(directory, 'skip/below'), { recursive: true });
    writeFileSync(join(directory, 'keep'), '');
    writeFileSync(join(directory, 'skip/below/x'), '');
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(join(directory, 'socket'), resolve));
    try {
      await writeLayerTar(tree(directory, { exclude: ['skip'] }), join(scratch, 'layer.tar'));
    } finally {
      server.close();
    }
    expect(names(join(scratch, 'layer.tar'))).toEqual(['/layers/example', '/layers/example/keep']);
  });

  it('names the file that is not there or cannot be read, and leaves no output', async () => {
    await expect(writeLayerTar(tree(join(scratch, 'missing')), join(scratch, 'layer.tar'))).rejects.toMatchObject({
      code: 'TAR_SOURCE_CHANGED',
      message: expect.stringContaining('missing'),
      nextStep: expect.any(String),
    });
    const entry = { path: '/x', type: 'file', mode: 0, uid: 0, gid: 0, source: scratch } as const;
    await expect(writeLayerTar({ parts: [{ kind: 'entries', entries: [entry] }] }, join(scratch, 'layer.tar'))).rejects.toMatchObject({
      code: 'TAR_SOURCE_UNREADABLE',
    });
    expect(readdirSync(scratch)).toEqual([]);
  });

  it('goes on after an error', async () => {
    await expect(writeLayerTar(tree(join(scratch, 'missing')))).rejects.toThrow();
    mkdirSync(join(scratch, 'there'));
    expect((await writeLayerTar(tree(join(scratch, 'there')))).sizeBytes).toBe(3 * 512);
  });

  it('takes many layers at once', async () => {
    const results = await Promise.all(
      Array.from({ length: 20 }, async (_, index) => {
        const content = Buffer.from(`layer ${index}`);
        return writeLayerTar({ parts: [{ kind: 'entries', entries: [{ path: '/x', type: 'file', mode: 0, uid: 0, gid: 0, content }] }] });
      }),
    );
    expect(new Set(results.map(({ diffId }) => diffId)).size).toBe(20);
  });
});

describe('encodeLayerTar()', () => {
  /** A sink that does something to the disk when the header of `/layers/example/victim` has been written. */
  function meddling(meddle: () => void): TarSink {
    const room = Buffer.alloc(4096);
    return {
      room: () => room,
      advance: () => {},
      zeros: () => {},
      append: (bytes: Uint8Array) => {
        if (Buffer.from(bytes).toString('latin1').startsWith('/layers/example/victim')) meddle();
      },
    } as unknown as TarSink;
  }

  it.each([
    ['shrinks', (file: string) => truncateSync(file, 10_000)],
    ['becomes empty', (file: string) => truncateSync(file, 0)],
    ['grows', (file: string) => appendFileSync(file, 'more')],
  ])('notices that a file %s while it is read', (_how, change) => {
    for (const size of [100, 20_000, 4096 * 5]) {
      const directory = join(scratch, `t${size}`);
      mkdirSync(directory);
      writeFileSync(join(directory, 'victim'), 'x'.repeat(size));
      const run = () =>
        encodeLayerTar(
          tree(directory),
          meddling(() => change(join(directory, 'victim'))),
        );
      expect(run).toThrow(expect.objectContaining({ code: 'TAR_SOURCE_CHANGED', message: expect.stringContaining('victim') }));
    }
  });

  it('notices that a folder is gone before it is entered', () => {
    const directory = join(scratch, 'tree');
    mkdirSync(join(directory, 'victim'), { recursive: true });
    const run = () =>
      encodeLayerTar(
        tree(directory),
        meddling(() => rmSync(join(directory, 'victim'), { recursive: true })),
      );
    expect(run).toThrow(expect.objectContaining({ code: 'TAR_SOURCE_CHANGED' }));
  });
});
