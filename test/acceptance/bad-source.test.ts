import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { expectAnswer, freePort, lastLine, runTspack, startTspack } from '../support/tspack-command.ts';

const place = mkdtempSync(join(tmpdir(), 'tspack-bad-source-'));
afterAll(() => rmSync(place, { recursive: true, force: true }));

function source(name: string, files: Readonly<Record<string, string>>): string {
  for (const [file, content] of Object.entries(files)) {
    mkdirSync(dirname(join(place, name, file)), { recursive: true });
    writeFileSync(join(place, name, file), content);
  }
  return join(place, name);
}

const build = (name: string, path: string) => runTspack(['build', `odd/${name}`, '--path', path, '--builder', 'base']);

/** Runs an image of a site and compares one answer of it. */
async function expectServes(name: string, path: string, status: number, contains: string): Promise<void> {
  const port = await freePort();
  const { child, ended } = startTspack(['run', `odd/${name}`, '--runtime', 'sandbox', '--env', `PORT=${port}`]);
  try {
    await expectAnswer(port, { path, status, contains }, ended);
  } finally {
    child.kill('SIGTERM');
    await ended;
  }
}

describe('odd sources, whatever the language', () => {
  it('a path with spaces and letters of the world', async () => {
    const path = source('müllers site – „neu“', { 'index.html': 'home', 'ärger & mehr/größe 1.html': 'found' });
    lastLine(await build('names', path));
    await expectServes('names', encodeURI('/ärger & mehr/größe 1.html'), 200, 'found');
  });

  it('links out of the source bring nothing of this machine into the image', async () => {
    writeFileSync(join(place, 'outside.txt'), 'only for this machine');
    const path = source('links', { 'index.html': 'home' });
    symlinkSync(join(place, 'outside.txt'), join(path, 'absolute.txt'));
    symlinkSync('../outside.txt', join(path, 'relative.txt'));
    symlinkSync('loop.txt', join(path, 'loop.txt'));
    symlinkSync('..', join(path, 'above'));
    lastLine(await build('links', path));
    for (const link of ['absolute.txt', 'relative.txt', 'above/outside.txt']) await expectServes('links', `/${link}`, 404, '404 Not Found');
  });

  it('two languages at once: a fixed order chooses', async () => {
    const path = source('two', { 'go.mod': 'module example.test/two\n\ngo 1.24\n', 'main.go': 'package main\n\nfunc main() {}\n', 'index.html': 'home' });
    const ended = await build('two', path);
    lastLine(ended);
    expect(ended.stderr).toMatch(/^tspack\/go +/m);
    expect(ended.stderr).not.toMatch(/^tspack\/static +/m);
  });

  it('a file of more than 2 GiB', async () => {
    const path = source('large', { 'index.html': 'home', 'large.bin': '' });
    truncateSync(join(path, 'large.bin'), 2 ** 31 + 4096);
    const ended = await build('large', path);
    lastLine(ended);
    expect(ended.stderr).toMatch(/^Adding layer 'app' \(2\.1 GB\)$/m);
  });
});
