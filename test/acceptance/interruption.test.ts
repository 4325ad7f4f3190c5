import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createHomeWithBaseImages, expectIntactHome, expectIntactStore, expectNoProcesses, processesWith } from '../support/test-home.ts';
import { lastLine, runTspack, startTspack } from '../support/tspack-command.ts';
import type { StartedCommand } from '../support/tspack-command.ts';

const PHASES = ['ANALYZING', 'DETECTING', 'RESTORING', 'BUILDING', 'EXPORTING'];
/** In the environment of everything that a build starts. */
const MARK = `tspack-test-${randomBytes(8).toString('hex')}`;

const place = mkdtempSync(join(tmpdir(), 'tspack-interruption-'));
const home = join(place, 'home');
const options = { env: { TSPACK_HOME: home } };
let changes = 0;

/** An application whose build script stops at `WORKING` as long as there is a file `slow`. */
function application(name: string, { slow = false } = {}): string {
  const path = join(place, name);
  mkdirSync(path, { recursive: true });
  const files = {
    'package.json': JSON.stringify({ name, version: '1.0.0', scripts: { build: 'node build.js', start: 'node server.js' } }),
    'build.js': 'if (require("node:fs").existsSync("slow")) { console.log("WORKING"); setTimeout(() => {}, 600_000); }\n',
    'server.js': 'require("node:http").createServer((request, response) => response.end("hello")).listen(process.env.PORT);\n',
    'changed.txt': `${(changes += 1)}\n`,
  };
  for (const [file, content] of Object.entries(files)) writeFileSync(join(path, file), content);
  // What takes a moment to export.
  writeFileSync(join(path, 'data'), randomBytes(20_000_000));
  if (slow) writeFileSync(join(path, 'slow'), '');
  else rmSync(join(path, 'slow'), { force: true });
  return path;
}

const words = (image: string, path: string) => ['build', image, '--builder', 'base', '--path', path, '--env', `MARK=${MARK}`];
const start = (image: string, path: string): StartedCommand => startTspack(words(image, path), options);
const build = async (image: string, path: string) => {
  const ended = await runTspack(words(image, path), options);
  return { line: lastLine(ended), log: ended.stderr };
};

beforeAll(async () => {
  await createHomeWithBaseImages(home, application('first'));
});
afterAll(() => rmSync(place, { recursive: true, force: true }));

describe('a build that is stopped', () => {
  it('by Ctrl-C while a buildpack works: ends with 130, leaves nothing, and the next one works', async () => {
    const { child, says, ended } = start('stopped', application('stopped', { slow: true }));
    await says('WORKING');
    expect(processesWith(MARK)).not.toEqual([]);
    const begun = performance.now();
    child.kill('SIGINT');
    const { code, stdout, stderr } = await ended;
    expect({ code, stdout }, stderr).toEqual({ code: 130, stdout: '' });
    expect(performance.now() - begun).toBeLessThan(5000);
    expect(stderr).toContain('Stopped by Ctrl-C');
    await expectNoProcesses(MARK);
    await expectIntactHome(home);
    expect((await build('stopped', application('stopped'))).line).toMatch(/^stopped sha256:/);
  });

  it.each(PHASES)('by kill -9 in %s: the next one works, with the cache of the last good one', async (phase) => {
    const path = application('killed');
    await build('killed', path);
    application('killed');
    const { child, says, ended } = start('killed', path);
    await says(`===> ${phase}`);
    child.kill('SIGKILL');
    expect(await ended).toMatchObject({ signal: 'SIGKILL', stdout: '' });
    await expectNoProcesses(MARK);
    await expectIntactStore(home);
    const { line, log } = await build('killed', path);
    expect(line).toMatch(/^killed sha256:/);
    expect(log).toMatch(/Reusing Node\.js \d/);
    await expectIntactHome(home);
  });

  it('by kill -9 at any moment: the next one works, and nothing piles up', async () => {
    const path = application('any');
    await build('any', path);
    for (let milliseconds = 100; milliseconds <= 1500; milliseconds += 100) {
      application('any');
      const { child, ended } = start('any', path);
      await Promise.race([sleep(milliseconds), ended]);
      child.kill('SIGKILL');
      await ended;
    }
    await expectNoProcesses(MARK);
    await build('any', path);
    await expectIntactHome(home);
    const { line } = await build('any', path);
    expect((await build('any', path)).line).toBe(line);
    expect(readdirSync(join(home, 'locks')).filter((name) => name.startsWith('build-'))).toEqual([]);
  });
});

describe('two builds at once', () => {
  it('of one image: the second waits and says so, and both give the same', async () => {
    const path = application('same');
    const first = start('same', path);
    await first.says('===> DETECTING');
    const second = start('same', path);
    await second.says(`Waiting for another build of same (process ${first.child.pid})`);
    expect(lastLine(await second.ended)).toBe(lastLine(await first.ended));
    await expectIntactHome(home);
  });

  it('of two images: neither waits', async () => {
    const slow = start('slow', application('slow', { slow: true }));
    await slow.says('WORKING');
    const { line, log } = await build('quick', application('quick'));
    expect(line).toMatch(/^quick sha256:/);
    expect(log).not.toContain('Waiting');
    expect(slow.child.exitCode).toBeNull();
    slow.child.kill('SIGINT');
    expect(await slow.ended).toMatchObject({ code: 130 });
  });

  it('of many images from nothing: all end well', async () => {
    const names = ['one', 'two', 'three', 'four'];
    const started = names.map((name) => start(name, application(name)));
    for (const [index, { ended }] of started.entries()) expect(lastLine(await ended)).toMatch(new RegExp(`^${names[index]!} sha256:`));
    await expectIntactHome(home);
  });
});
