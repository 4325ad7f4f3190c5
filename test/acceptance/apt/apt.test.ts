import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { expectRuns, runTspack } from '../../support/tspack-command.ts';

/** Real packages of Debian in a real build: a program that the application runs, and a library that is compiled against. */
const directory = mkdtempSync(join(tmpdir(), 'tspack-apt-'));
afterAll(() => rmSync(directory, { recursive: true }));

const FILES = {
  Aptfile: 'jq\nlibonig-dev\n',
  'package.json': JSON.stringify({
    name: 'uses-jq',
    version: '1.0.0',
    scripts: { build: 'cc -o onig onig.c $(pkg-config --cflags --libs oniguruma)', start: 'node server.js' },
  }),
  'package-lock.json': JSON.stringify({ name: 'uses-jq', version: '1.0.0', lockfileVersion: 3, packages: { '': { name: 'uses-jq', version: '1.0.0' } } }),
  'onig.c': '#include <oniguruma.h>\n#include <stdio.h>\nint main(void) { return puts(onig_version()) < 0; }\n',
  'server.js': `
const { execFileSync } = require('node:child_process');
const run = (...command) => execFileSync(command[0], command.slice(1), { encoding: 'utf8' }).trim();
require('node:http').createServer((_, response) => response.end(JSON.stringify([run('jq', '-n', '41 + 1'), run('./onig')]))).listen(process.env.PORT || 8080);
`,
};

describe('the apt buildpack', () => {
  it('puts programs and libraries into the image, and headers only into the build', async () => {
    for (const [name, text] of Object.entries(FILES)) {
      mkdirSync(dirname(join(directory, name)), { recursive: true });
      writeFileSync(join(directory, name), text);
    }
    const built = await runTspack(['build', 'uses-jq', '--path', directory, '--builder', 'base']);
    expect(built.code, built.stderr).toBe(0);
    await expectRuns('uses-jq', { path: '/', status: 200, contains: '["42","6.' }, { args: ['--runtime', 'sandbox'] });
    const again = await runTspack(['build', 'uses-jq', '--path', directory, '--builder', 'base']);
    expect(again.stderr).toContain("Reusing packages: Aptfile, Debian's packages, layer format and architecture unchanged");
    expect(again.stderr).toMatch(/^Layers: +0 layers added/m);
  });
});
