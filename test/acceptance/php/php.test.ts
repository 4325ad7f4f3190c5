import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { expectRuns, runTspack } from '../../support/tspack-command.ts';

/** A real PHP, nginx and Composer, and an application with a package beside it, so that no registry is needed. */
const directory = mkdtempSync(join(tmpdir(), 'tspack-php-'));
afterAll(() => rmSync(directory, { recursive: true }));
beforeEach(() => cpSync(join(import.meta.dirname, '../../fixtures/php-composer'), directory, { recursive: true }));

const build = () => runTspack(['build', 'php-shop', '--path', directory, '--builder', 'base']);

describe('the PHP buildpack', () => {
  it('installs packages and extensions, serves by php-fpm, and builds again from what is kept', async () => {
    const first = await build();
    expect(first.code, first.stderr).toBe(0);
    expect(first.stderr).toContain('Extensions: intl, mbstring');
    // Paths of the front controller, variables of the container, a class map, an extension.
    await expectRuns(
      'php-shop',
      { path: '/any/path?x=1', status: 200, contains: 'Hello, 12.345,5! /any/path?x=1 me' },
      { args: ['--runtime', 'sandbox', '--env', 'GREETER=me'] },
    );
    await expectRuns('php-shop', { path: '/composer.json', status: 200, contains: 'Hello, 12.345,5! /composer.json' }, { args: ['--runtime', 'sandbox'] });
    await expectRuns('php-shop', { path: '/.env', status: 404, contains: '404' }, { args: ['--runtime', 'sandbox'] });
    const second = await build();
    expect(second.stderr).toMatch(/^Layers: +0 layers added/m);
    expect(second.stderr).toContain('Nothing to install, update or remove');
  });

  it('refuses a PHP that nobody has, and explains a registry that cannot be reached', async () => {
    writeFileSync(join(directory, 'composer.json'), '{"require": {"php": "^7.4"}}');
    expect((await build()).stderr).toMatch(/Cannot find a PHP for "\^7\.4" of "require" of composer\.json: .* has PHP 8\.4\.\d+ \[PHP_VERSION_UNSATISFIABLE\]/);
    writeFileSync(
      join(directory, 'composer.json'),
      '{"require": {"a/b": "1"}, "repositories": [{"type": "composer", "url": "http://127.0.0.1:1"}, {"packagist.org": false}], "config": {"secure-http": false}}',
    );
    expect((await build()).stderr).toContain('[PHP_PACKAGES_UNREACHABLE]');
  });
});
