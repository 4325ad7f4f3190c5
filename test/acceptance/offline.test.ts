import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { lastLine, runTspack } from '../support/tspack-command.ts';
import { skipWithout } from '../support/requirement.ts';

const place = mkdtempSync(join(tmpdir(), 'tspack-offline-'));
afterAll(() => rmSync(place, { recursive: true, force: true }));

/** A network without anything in it. As an ordinary user, in a user namespace of its own. */
const OFFLINE = process.getuid?.() === 0 ? ['unshare', '-n'] : ['unshare', '-rn'];

function hasNamespaces(): boolean {
  try {
    execFileSync(OFFLINE[0]!, [...OFFLINE.slice(1), 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

function application(answer: string): string {
  const path = join(place, 'application');
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, 'package.json'), JSON.stringify({ name: 'offline', version: '1.0.0', scripts: { start: 'node server.js' } }));
  writeFileSync(join(path, 'server.js'), `require("node:http").createServer((request, response) => response.end("${answer}")).listen(process.env.PORT);\n`);
  return path;
}

describe.skipIf(skipWithout('unshare', hasNamespaces()))('without a network', () => {
  const words = (path: string) => ['build', 'offline', '--builder', 'base', '--path', path];

  it('rebuilds what was built before, changed or not', async () => {
    const path = application('one');
    const online = lastLine(await runTspack(words(path)));
    expect(lastLine(await runTspack(words(path), { prefix: OFFLINE }))).toBe(online);
    application('two');
    const changed = lastLine(await runTspack(words(path), { prefix: OFFLINE }));
    expect(changed).toMatch(/^offline sha256:/);
    expect(changed).not.toBe(online);
  });

  it('names the server that a first build cannot reach, and leaves nothing half-way', async () => {
    const home = join(place, 'home');
    const { code, stdout, stderr } = await runTspack(words(application('one')), { prefix: OFFLINE, env: { TSPACK_HOME: home } });
    expect({ code, stdout }, stderr).toEqual({ code: 75, stdout: '' });
    expect(stderr).toMatch(/ERROR: Cannot reach the Debian mirror http\S+/);
    expect(stderr).toMatch(/Next step: .*TSPACK_DEBIAN_MIRROR/);
    expect(stderr).not.toMatch(/^ {4}at /m);
    const files = readdirSync(home, { recursive: true, encoding: 'utf8' });
    expect(files.filter((name) => name.endsWith('.tmp') || name.startsWith('work/'))).toEqual([]);
  });
});
