import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lastLine, runTspack } from '../support/tspack-command.ts';
import type { CommandOptions } from '../support/tspack-command.ts';

const place = mkdtempSync(join(tmpdir(), 'tspack-surroundings-'));
const application = join(place, 'application');
const words = ['build', 'surroundings', '--builder', 'base', '--path', application];
let usual = '';

beforeAll(async () => {
  mkdirSync(application);
  writeFileSync(join(application, 'package.json'), JSON.stringify({ name: 'surroundings', version: '1.0.0', scripts: { start: 'node server.js' } }));
  writeFileSync(join(application, 'server.js'), 'console.log("never started");\n');
  usual = lastLine(await runTspack(words));
});
afterAll(() => rmSync(place, { recursive: true, force: true }));

const shell = (script: string): CommandOptions => ({ prefix: ['sh', '-c', script, 'sh'] });

describe('the surroundings of a build change nothing in its image', () => {
  it.each<[string, CommandOptions]>([
    ['no HOME', { env: { HOME: undefined } }],
    ['another locale', { env: { LANG: 'C', LC_ALL: 'C', TZ: 'Pacific/Kiritimati' } }],
    ['an epoch that is none', { env: { SOURCE_DATE_EPOCH: 'yesterday' } }],
    ['little memory', { env: { NODE_OPTIONS: '--max-old-space-size=256' } }],
    ['options of Node', { env: { NODE_OPTIONS: '--trace-warnings --enable-source-maps' } }],
    ['proxies that nobody runs, for a rebuild', { env: { HTTPS_PROXY: 'http://127.0.0.1:9', HTTP_PROXY: 'http://127.0.0.1:9' } }],
    ['certificates that are not there', { env: { NODE_EXTRA_CA_CERTS: '/nowhere.pem' } }],
    ['a narrow umask', shell('umask 077; exec "$@"')],
    ['a wide umask', shell('umask 000; exec "$@"')],
    ['no standard input', shell('exec "$@" <&-')],
    ['no standard error', shell('exec "$@" 2>&-')],
    ['few open files', shell('ulimit -n 256; exec "$@"')],
  ])('%s', async (_, options) => {
    const ended = await runTspack(words, options);
    expect(lastLine(ended)).toBe(usual);
  });

  it('and a reader that has enough after one line does not stop it', async () => {
    const codeFile = join(place, 'code');
    const { stdout } = await runTspack(words, shell(`{ "$@" 2>&1; echo $? > '${codeFile}'; } | head -n 1`));
    expect(stdout).toBe('===> ANALYZING\n');
    expect(readFileSync(codeFile, 'utf8')).toBe('0\n');
  });

  it('and a source that cannot be written to is left alone', async () => {
    expect(lastLine(await runTspack(words, shell(`chmod -R a-w '${application}'; "$@"; code=$?; chmod -R u+w '${application}'; exit $code`)))).toBe(usual);
  });
});
