import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort, lastLine, runTspack } from '../support/tspack-command.ts';

const place = mkdtempSync(join(tmpdir(), 'tspack-bad-input-'));
const at = (name: string) => join(place, name);
afterAll(() => rmSync(place, { recursive: true, force: true }));

/** A folder with an application of these files, over a small one that works. */
function application(name: string, files: Readonly<Record<string, string>> = {}): string {
  mkdirSync(at(name), { recursive: true });
  const works = {
    'package.json': JSON.stringify({ name, version: '1.0.0', scripts: { start: 'node server.js' } }),
    'server.js': 'console.log("never started");\n',
  };
  for (const [file, content] of Object.entries({ ...works, ...files })) writeFileSync(join(at(name), file), content);
  return at(name);
}

/** A command that fails: its exit code and the one message it ends with. */
async function failure(args: readonly string[], cwd = place): Promise<{ readonly code: number | null; readonly message: string }> {
  const { code, stdout, stderr } = await runTspack(args, { cwd });
  expect(stdout).toBe('');
  expect(stderr.match(/^ERROR:/gm), stderr).toHaveLength(1);
  expect(stderr).not.toMatch(/^ {4}at /m);
  return { code, message: stderr.slice(stderr.indexOf('ERROR:')) };
}

describe('what users get wrong', () => {
  beforeAll(() => {
    application('works');
    mkdirSync(at('empty'));
    writeFileSync(at('file'), 'x');
  });

  it.each([
    ['an unknown builder', ['build', 'x', '--builder', 'bse'], 3, [/"bse"/, /did you mean "?base/i]],
    ['no builder', ['build', 'x'], 3, [/--builder base/]],
    ['a missing path', ['build', 'x', '--builder', 'base', '--path', 'nowhere'], 3, [/nowhere/, /--path/]],
    ['a path that is a file', ['build', 'x', '--builder', 'base', '--path', 'file'], 3, [/"file" as an archive/, /--path/]],
    [
      'a name that is no image name',
      ['build', 'UPPER/Case', '--builder', 'base', '--path', 'works'],
      3,
      [/UPPER\/Case/, /upper-case/, /Write it as upper\/case/],
    ],
    ['a name with a digest', ['build', `x@sha256:${'0'.repeat(64)}`, '--builder', 'base', '--path', 'works'], 3, [/digest/]],
    ['an unknown option', ['build', 'x', '--biulder', 'base'], 3, [/--biulder/, /--builder/]],
    ['an unknown command', ['biuld', 'x'], 3, [/biuld/, /build/]],
    ['an unknown output', ['build', 'x', '--builder', 'base', '--path', 'works', '--output', 'zip:x'], 3, [/zip/, /oci-archive/]],
    ['a variable without a name', ['build', 'x', '--builder', 'base', '--path', 'works', '--env', '=x'], 3, [/=x/]],
    ['an image that is nowhere', ['inspect', '127.0.0.1:1/never/built'], undefined, [/127\.0\.0\.1:1\/never\/built/]],
  ])('%s', async (_title, args, code, words) => {
    const found = await failure(args);
    if (code === undefined) expect(found.code).not.toBe(0);
    else expect(found.code, found.message).toBe(code);
    for (const word of words) expect(found.message).toMatch(word);
    // What is wanted instead, or what to do now.
    expect(found.message).toMatch(/want |Next step:/);
  });

  it('a folder that nothing detects says what was looked for', async () => {
    const { code, message } = await failure(['build', 'x', '--builder', 'base', '--path', 'empty']);
    expect(code).toBe(20);
    expect(message).toMatch(/package\.json/);
    expect(message).toMatch(/Next step:.*--path/);
  });

  it('the folder as image name: the error proposes --path', async () => {
    cpSync(at('works'), join(at('empty'), 'shop'), { recursive: true });
    const { code, message } = await failure(['build', 'shop', '--builder', 'base'], at('empty'));
    expect(code).toBe(20);
    expect(message).toMatch(/"shop" is also a folder here.*--path shop/);
  });

  it('a package.json that is no JSON: its line', async () => {
    application('broken', { 'package.json': '{\n  "name": "broken",\n  "version": 1.0.0\n}\n' });
    const { code, stdout, stderr } = await runTspack(['build', 'x', '--builder', 'base', '--path', 'broken'], { cwd: place });
    expect({ code, stdout }, stderr).toEqual({ code: 51, stdout: '' });
    expect(stderr).toContain('package.json:3:');
  });

  it('a version of Node.js that nobody made: the nearest there are', async () => {
    const path = application('future', { 'package.json': JSON.stringify({ name: 'future', version: '1.0.0', engines: { node: '>=99' } }) });
    const { code, stdout, stderr } = await runTspack(['build', 'x', '--builder', 'base', '--path', path]);
    expect({ code, stdout }, stderr).toEqual({ code: 51, stdout: '' });
    expect(stderr).toMatch(/>=99/);
    expect(stderr).toMatch(/\b2\d\.\d+\.\d+/);
  });

  it('a registry that nobody runs: which', async () => {
    const host = `127.0.0.1:${await freePort()}`;
    const { code, message } = await failure(['build', `${host}/x`, '--builder', 'base', '--path', 'works', '--publish']);
    expect(code).toBe(1);
    expect(message).toContain(host);
    expect(message).toContain('Next step:');
  });

  it('and names of any bytes, which are no mistake', async () => {
    const path = application('names');
    const names = ['new\nline', 'quote"\'', 'esc\u001b]0;title\u0007', 'ü', '-rf', '$(touch x)'];
    for (const name of names) writeFileSync(join(path, name), 'x');
    writeFileSync(Buffer.concat([Buffer.from(`${path}/`), Buffer.from([0xff, 0xfe, 0x80])]), 'x');
    const ended = await runTspack(['build', 'names', '--builder', 'base', '--path', path, '--output', `oci:${at('names-oci')}`]);
    expect(lastLine(ended)).toMatch(/^names@sha256:/);
    expect(ended.stderr).not.toContain('\u001b]');
  });
});
