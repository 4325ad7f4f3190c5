import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mountDisk } from '../support/mount-disk.ts';
import { expectIntactHome, expectIntactStore } from '../support/test-home.ts';
import { skipWithout } from '../support/requirement.ts';
import { lastLine, runTspack } from '../support/tspack-command.ts';

const place = mkdtempSync(join(tmpdir(), 'tspack-full-disk-'));
const disk = join(place, 'disk');
const home = join(disk, 'home');
const NO_SPACE = /no space (is )?left|disk is full/i;
const isMounted = mountDisk(disk, 64);
const resize = (megabytes: number) => execFileSync('mount', ['-o', `remount,size=${megabytes}m`, disk]);

describe.skipIf(skipWithout('the right to mount a small file system', isMounted))('a full disk', () => {
  const app = join(place, 'app');
  const build = (image: string, ...more: readonly string[]) =>
    runTspack(['build', image, '--builder', 'base', '--path', app, ...more], { env: { TSPACK_HOME: home } });

  beforeAll(() => {
    mkdirSync(app);
    writeFileSync(join(app, 'package.json'), JSON.stringify({ name: 'app', version: '1.0.0', scripts: { start: 'node server.js' } }));
    writeFileSync(join(app, 'server.js'), 'require("node:http").createServer((request, response) => response.end("hello")).listen(process.env.PORT);\n');
  });
  afterAll(() => {
    if (isMounted) execFileSync('umount', ['--lazy', disk]);
    rmSync(place, { recursive: true, force: true });
  });

  /** One clear message, whatever part of tspack met the end of the disk. */
  async function expectNoSpace(image: string, ...more: readonly string[]): Promise<void> {
    const { code, stdout, stderr } = await build(image, ...more);
    expect(stdout).toBe('');
    expect([1, 51, 62], stderr).toContain(code);
    expect(stderr.match(/^ERROR:/gm), stderr).toHaveLength(1);
    expect(stderr).toMatch(NO_SPACE);
    expect(stderr).toMatch(/^Next step: .*(space|TSPACK_HOME|output of the buildpack)/m);
    expect(stderr).not.toMatch(/^ {4}at |bug in tspack/m);
  }

  it('while base images are unpacked: says so, and goes on when there is space', async () => {
    // In steps, so that it ends at several places: indexes, packages, unpacked files.
    for (const megabytes of [1, 64, 250]) {
      resize(megabytes);
      await expectNoSpace('first');
    }
    resize(3000);
    expect(lastLine(await build('first'))).toMatch(/^first sha256:/);
    await expectIntactHome(home);
  });

  it('while an image is built: what was there stays, and the next build works', async () => {
    const before = lastLine(await build('kept'));
    const filler = join(disk, 'filler');
    // At several places again: staging, restoring, layers of the image, the blobs of an output.
    for (const left of [1, 30, 120, 260]) {
      writeFileSync(join(app, 'data'), randomBytes(40_000_000));
      const { bavail, bsize } = statfsSync(disk);
      execFileSync('fallocate', ['--length', String(bavail * bsize - left * 1_000_000), filler]);
      await expectNoSpace(`other${left}`, '--output', `docker-archive:${join(disk, 'archive.tar')}`);
      rmSync(filler);
      await expectIntactStore(home);
    }
    rmSync(join(app, 'data'));
    expect(lastLine(await build('kept'))).toBe(before);
    await expectIntactHome(home);
  });

  it('where an output goes: nothing half written there', async () => {
    const small = join(place, 'small');
    expect(mountDisk(small, 20)).toBe(true);
    try {
      for (const output of ['docker-archive', 'oci-archive', 'oci']) {
        const { code, stderr } = await build('kept', '--output', `${output}:${join(small, output)}`);
        expect(code, stderr).not.toBe(0);
        expect(stderr).toMatch(NO_SPACE);
        // An archive is there whole or not at all; a layout has no index before its blobs are there.
        expect(execFileSync('find', [small, '-name', 'index.json', '-size', '+100c', '-o', '-name', '*-archive*'], { encoding: 'utf8' })).toBe('');
        execFileSync('find', [small, '-mindepth', '1', '-delete']);
      }
      expect(readFileSync(join(home, 'version'), 'utf8')).toBe('1\n');
      await expectIntactHome(home);
    } finally {
      execFileSync('umount', ['--lazy', small]);
    }
  });
});
