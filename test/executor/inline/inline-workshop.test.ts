import { chmodSync, existsSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { readTar, writeTar } from '../../../src/archive/index.ts';
import { createInlineWorkshop } from '../../../src/executor/inline/index.ts';
import type { HostPath, ProcessSpec, RootChange, SandboxPath } from '../../../src/executor/index.ts';

const home = mkdtempSync(join(tmpdir(), 'tspack-inline-workshop-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

let place: string;
const at = (path: string) => join(place, path) as HostPath;
const own = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };

beforeEach(() => {
  place = mkdtempSync(join(home, 'case-'));
  for (const folder of ['root/etc', 'root/opt/old', 'root/app', 'tmp', 'layers/base']) mkdirSync(at(folder), { recursive: true });
  writeFileSync(at('root/etc/passwd'), 'root:x:0:0::/root:/bin/sh\n');
  writeFileSync(at('root/opt/kept'), 'kept');
  writeFileSync(at('root/opt/old/file'), 'old');
});

const open = (root: string = at('root')) =>
  createInlineWorkshop({ root: root as HostPath, searchPath: '/usr/bin:/bin', temporaryDirectory: at('tmp'), ignoredPaths: [join(root, 'app')] });

const environment = (lowers: readonly string[], upper: string) => ({
  lowers: lowers.map((name) => at(`layers/${name}`)),
  upper: at(`layers/${upper}`),
  mounts: [],
  network: 'host' as const,
  hostname: 'test',
});

const command = (script: string): ProcessSpec => ({
  command: ['/bin/sh', '-c', script],
  cwd: at('root') as string as SandboxPath,
  env: { PATH: '/usr/bin:/bin' },
});

async function change(workshop: ReturnType<typeof open>, lowers: readonly string[], upper: string, script: string): Promise<readonly RootChange[]> {
  await using root = await workshop.open(environment(lowers, upper));
  expect(await root.run(command(script))).toEqual({ code: 0, signal: undefined });
  const changes: RootChange[] = [];
  for await (const each of root.changes()) changes.push(each);
  return changes;
}

const told = (changes: readonly RootChange[]) => changes.map(({ path, change: what, type }) => `${what} ${type} ${Buffer.from(path).toString()}`);

const CHANGES =
  'mkdir -p srv/a && echo new > srv/a/file && chmod 4755 srv/a/file && ln -s a srv/link && mkfifo srv/pipe && rm -r opt/old && echo ignored > app/file && echo x > etc/passwd';

describe('createInlineWorkshop()', () => {
  it('tells what a process has changed, in walk order, with the folders on the way', async () => {
    const changes = await change(open(), ['base'], 'one', CHANGES);
    expect(told(changes)).toEqual([
      'added directory etc',
      'added file etc/passwd',
      'added directory opt',
      'removed none opt/old',
      'added directory srv',
      'added directory srv/a',
      'added file srv/a/file',
      'added symlink srv/link',
      'added fifo srv/pipe',
    ]);
    expect(changes.find(({ path }) => Buffer.from(path).toString() === 'srv/a/file')).toMatchObject({ mode: 0o4755, ...own, sizeBytes: 4 });
  });

  it('sees changes that leave size and time of writing alone', async () => {
    const script = 'touch -r opt/kept tmp-time && printf KEPT > opt/kept && touch -r tmp-time opt/kept && rm tmp-time';
    expect(told(await change(open(), ['base'], 'one', script))).toEqual(['added directory opt', 'added file opt/kept']);
    expect(told(await change(open(), ['base'], 'two', 'true'))).toEqual([]);
  });

  it('replaces a folder by a file, and what was in it is gone with it', async () => {
    expect(told(await change(open(), ['base'], 'one', 'rm -r opt && echo file > opt'))).toEqual(['added file opt']);
  });

  it('makes the changes of layer folders in another root', async () => {
    await change(open(), ['base'], 'one', CHANGES);
    mkdirSync(at('other/opt/old'), { recursive: true });
    writeFileSync(at('other/opt/old/file'), 'old');
    writeFileSync(at('other/srv'), 'a file where a folder will be');
    const entries = [{ path: 'opt/copied', type: 'file', mode: 0o640, ...own, content: Buffer.from('copied') }] as const;
    const workshop = open(at('other'));
    await workshop.unpack({ directory: at('layers/two'), layers: [() => writeTar(entries)] });
    await workshop.settle([at('layers/two'), at('layers/one'), at('layers/base')]);
    expect(existsSync(at('other/opt/old'))).toBe(false);
    expect(readFileSync(at('other/srv/a/file'), 'utf8')).toBe('new\n');
    expect(lstatSync(at('other/srv/a/file')).mode & 0o7777).toBe(0o4755);
    expect(readlinkSync(at('other/srv/link'))).toBe('a');
    expect(lstatSync(at('other/srv/pipe')).isFIFO()).toBe(true);
    expect(readFileSync(at('other/opt/copied'), 'utf8')).toBe('copied');
    expect(existsSync(at('other/app/file'))).toBe(false);
  });

  it('goes on from layers that are not made yet, and tells the new changes alone', async () => {
    await change(open(), ['base'], 'one', 'echo 1 > first');
    rmSync(at('root/first'));
    const changes = await change(open(), ['one', 'base'], 'two', 'cat first > second');
    expect(told(changes)).toEqual(['added file second']);
    expect(readFileSync(at('root/second'), 'utf8')).toBe('1\n');
  });

  it('refuses to go back, to mount and to keep the network away', async () => {
    const workshop = open();
    await change(workshop, ['base'], 'one', 'echo 1 > first');
    await expect(workshop.open(environment(['base'], 'two'))).rejects.toMatchObject({ code: 'INLINE_UNABLE', message: /earlier state/u });
    await expect(workshop.open({ ...environment(['one', 'base'], 'two'), network: 'none' })).rejects.toMatchObject({ code: 'INLINE_UNABLE' });
    const mounts = [{ kind: 'tmpfs', target: '/x' as SandboxPath }] as const;
    await expect(workshop.open({ ...environment(['one', 'base'], 'two'), mounts })).rejects.toMatchObject({ code: 'INLINE_UNABLE' });
  });

  it('never writes through a symlink, nor outside of the root', async () => {
    symlinkSync(at('tmp'), at('root/outside'));
    const workshop = open();
    const put = async (name: string, path: string) => {
      await workshop.unpack({ directory: at(`layers/${name}`), layers: [() => writeTar([{ path, type: 'file', content: Buffer.from('x') }])] });
      await workshop.settle([at(`layers/${name}`), at('layers/base')]);
    };
    await expect(put('through', 'outside/file')).rejects.toMatchObject({ code: 'ARCHIVE_UNSAFE' });
    await expect(put('above', '../file')).rejects.toMatchObject({ code: 'ARCHIVE_UNSAFE' });
    expect(existsSync(at('tmp/file'))).toBe(false);
  });

  it('outlines the root with empty files, but for its accounts', async () => {
    chmodSync(at('root/opt/kept'), 0o600);
    const seen: Record<string, string> = {};
    for await (const entry of readTar(open().outline())) {
      const chunks: Uint8Array[] = [];
      for await (const chunk of entry.content) chunks.push(chunk);
      seen[entry.path] = `${entry.type} ${Buffer.concat(chunks).toString()}`;
    }
    expect(seen).toEqual({
      etc: 'directory ',
      'etc/passwd': 'file root:x:0:0::/root:/bin/sh\n',
      opt: 'directory ',
      'opt/kept': 'file ',
      'opt/old': 'directory ',
      'opt/old/file': 'file ',
    });
  });

  it.skipIf(own.uid !== 0)('runs as other users where it is root, and gives files their owners', async () => {
    const workshop = open();
    chmodSync(at('root/opt'), 0o777);
    for (const folder of ['root', '.']) chmodSync(at(folder), 0o755);
    chmodSync(home, 0o755);
    await using root = await workshop.open(environment(['base'], 'one'));
    const exit = await root.run({ ...command('id -u > opt/who && id -g >> opt/who'), user: { uid: 1234, gid: 1235 } });
    expect(exit.code).toBe(0);
    expect(readFileSync(at('root/opt/who'), 'utf8')).toBe('1234\n1235\n');
    mkdirSync(at('other'));
    await open(at('other')).settle([at('layers/one'), at('layers/base')]);
    expect(lstatSync(at('other/opt/who'))).toMatchObject({ uid: 1234, gid: 1235 });
  });
});
