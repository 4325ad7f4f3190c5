import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { expectRuns, runTspack } from '../../support/tspack-command.ts';

/** Real Ruby of Debian, with gems of its packages, so that no source of gems is needed. */
const scratch = mkdtempSync(join(tmpdir(), 'tspack-ruby-'));
afterAll(() => rmSync(scratch, { recursive: true }));

function copyOf(name: string): string {
  const directory = join(scratch, name);
  cpSync(join(import.meta.dirname, '../../fixtures', name), directory, { recursive: true });
  return directory;
}

const build = (directory: string) => runTspack(['build', 'ruby-test', '--path', directory, '--builder', 'base']);

describe('the Ruby buildpack', () => {
  it('runs a Sinatra application by puma with gems of an Aptfile, and builds it again from what is kept', async () => {
    const directory = copyOf('ruby-sinatra');
    const first = await build(directory);
    expect(first.code, first.stderr).toBe(0);
    expect(first.stderr).toContain('Packages of Debian provide every gem: nothing is downloaded');
    await expectRuns('ruby-test', { path: '/hello/you', status: 200, contains: '"Hello, you"' }, { args: ['--runtime', 'sandbox'] });
    expect((await build(directory)).stderr).toMatch(/^Layers: +0 layers added/m);
    // A gem that no package provides, and a source that cannot be reached.
    writeFileSync(join(directory, 'Gemfile'), 'source "http://127.0.0.1:1"\ngem "puma"\ngem "sinatra"\ngem "nowhere"\n');
    expect((await build(directory)).stderr).toContain('[RUBY_GEMS_UNREACHABLE]');
    writeFileSync(join(directory, 'Gemfile'), 'source "http://127.0.0.1:1"\nruby "~> 2.7"\n');
    expect((await build(directory)).stderr).toMatch(/Cannot find a Ruby for "~> 2\.7" of Gemfile: .*\[RUBY_VERSION_UNSATISFIABLE\]/);
  });

  it('runs a script without gems', async () => {
    const built = await build(copyOf('ruby-plain'));
    expect(built.code, built.stderr).toBe(0);
    await expectRuns('ruby-test', { path: '/x', status: 200, contains: '"path":"/x"' }, { args: ['--runtime', 'sandbox'] });
  });
});
