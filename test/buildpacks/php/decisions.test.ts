import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parse } from 'toml';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readComposerFiles } from '../../../buildpacks/php/src/composer-files.ts';
import { composerFailed } from '../../../buildpacks/php/src/errors.ts';
import { extensionSets, readExtensionSetting, USUAL_SETS } from '../../../buildpacks/php/src/extensions.ts';
import { toRange } from '../../../buildpacks/php/src/php-version.ts';
import { findWebDirectory, requireWebDirectory } from '../../../buildpacks/php/src/web-directory.ts';
import { satisfies } from '../../../src/sdk/index.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'php-application-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

function write(files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, name)), { recursive: true });
    writeFileSync(join(directory, name), text);
  }
}

describe('toRange()', () => {
  it.each([
    ['^8.2', true],
    ['~8.2', true],
    ['~8.2.0', false],
    ['>=7.4 <8.4', false],
    ['>=7.4,<9', true],
    ['^7.4|^8.0', true],
    ['8.4.*', true],
    ['^7.4 || ~8.3', true],
    ['8.*@stable', true],
    ['*', true],
    ['^9', false],
  ])('%s allows 8.4.28: %s', (constraint, allowed) => {
    expect(satisfies('8.4.28', toRange(constraint))).toBe(allowed);
  });
});

describe('findWebDirectory()', () => {
  it('prefers what BP_PHP_WEB_DIR says, then the usual folders, then the application', () => {
    write({ 'index.php': '', 'admin/x.php': '' });
    expect(findWebDirectory(directory, {})).toEqual({ path: '.', reason: 'it holds index.php' });
    write({ 'web/index.php': '' });
    expect(findWebDirectory(directory, {})?.path).toBe('web');
    write({ 'public/index.php': '' });
    expect(findWebDirectory(directory, {})?.path).toBe('public');
    expect(findWebDirectory(directory, { BP_PHP_WEB_DIR: './admin/' })).toEqual({ path: 'admin', reason: 'BP_PHP_WEB_DIR' });
  });

  it('refuses folders that are not there or not the application’s, and says when there is none', () => {
    expect(() => findWebDirectory(directory, { BP_PHP_WEB_DIR: '../other' })).toThrow(expect.objectContaining({ code: 'PHP_WEB_DIR_INVALID' }));
    expect(() => findWebDirectory(directory, { BP_PHP_WEB_DIR: 'none' })).toThrow('there is no such folder');
    expect(() => requireWebDirectory(directory, {})).toThrow(expect.objectContaining({ code: 'PHP_WEB_DIR_MISSING' }));
  });
});

describe('extensionSets()', () => {
  const asked = (...names: readonly string[]) => extensionSets(names.map((name) => ({ name, place: 'composer.json' })));

  it('knows what is always there and what is in a package of another name', () => {
    expect(asked('json', 'ctype', 'Zend-OPcache')).toEqual([]);
    expect(asked('pdo_mysql', 'mysqli', 'dom', 'simplexml', 'gd')).toEqual(['gd', 'mysql', 'xml']);
    expect(readExtensionSetting({ BP_PHP_EXTENSIONS: 'ext-gd, redis  intl' }).map(({ name }) => name)).toEqual(['gd', 'redis', 'intl']);
  });

  it('names near ones of an extension that nobody has', () => {
    expect(() => asked('imagik')).toThrow(expect.objectContaining({ code: 'PHP_EXTENSION_UNKNOWN', nextStep: 'Did you mean imagick?' }));
  });

  it('names sets that the definition declares', () => {
    const file = join(import.meta.dirname, '../../../buildpacks/php/packages/trixie.toml');
    const declared = Object.keys((parse(readFileSync(file, 'utf8')) as { sets: object }).sets);
    const extensions = declared.filter((name) => !['php', 'composer'].includes(name));
    expect(extensionSets(extensions.map((name) => ({ name, place: 'here' })))).toEqual([...extensions].sort());
    expect(declared).toEqual(expect.arrayContaining(USUAL_SETS));
  });
});

describe('readComposerFiles()', () => {
  it('reads PHP and extensions of the application and of what is locked, each with its place', () => {
    write({
      'composer.json': JSON.stringify({ require: { PHP: '^8.2', 'ext-GD': '*', 'monolog/monolog': '^3' } }),
      'composer.lock': JSON.stringify({ 'content-hash': 'x', packages: [{ name: 'monolog/monolog', require: { 'ext-intl': '*', php: '>=8.1' } }] }),
    });
    const files = readComposerFiles(directory);
    expect(files).toMatchObject({ php: { constraint: '^8.2', place: 'composer.json' }, hasLock: true });
    expect(files?.extensions).toEqual([
      { name: 'gd', place: 'composer.json' },
      { name: 'intl', place: 'monolog/monolog in composer.lock' },
    ]);
  });

  it('is nothing without composer.json, and explains broken files with their line', () => {
    expect(readComposerFiles(directory)).toBeUndefined();
    write({ 'composer.json': '{\n  "require": {\n    "php": "^8.2",\n  }\n}\n' });
    expect(() => readComposerFiles(directory)).toThrow(expect.objectContaining({ code: 'JSON_INVALID', message: expect.stringContaining('composer.json:4:') }));
    write({ 'composer.json': '{"require": "php"}' });
    expect(() => readComposerFiles(directory)).toThrow(expect.objectContaining({ code: 'PHP_COMPOSER_FILE_INVALID' }));
    write({ 'composer.json': '{}', 'composer.lock': '{"packages": {}}' });
    expect(() => readComposerFiles(directory)).toThrow('Cannot read composer.lock: it has no list "packages"');
  });

  it('has a digest that changes with what is locked, and not with descriptions', () => {
    write({ 'composer.json': '{"require": {"a/b": "1"}}' });
    const before = readComposerFiles(directory)?.digest;
    write({ 'composer.json': '{"description": "new", "require": {"a/b": "1"}}' });
    expect(readComposerFiles(directory)?.digest).toBe(before);
    write({ 'composer.lock': '{"packages": [{"name": "a/b", "version": "1.1"}]}' });
    expect(readComposerFiles(directory)?.digest).not.toBe(before);
  });
});

describe('composerFailed()', () => {
  it.each([
    ['curl error 6 while downloading https://x/packages.json: Could not resolve host: x', 'PHP_PACKAGES_UNREACHABLE'],
    ['The "https://x/p.json" file could not be downloaded (HTTP/2 401 )', 'PHP_PACKAGES_UNAUTHORIZED'],
    ['- Required package "a/b" is not present in the lock file.', 'PHP_LOCKFILE_OUT_OF_STEP'],
    ['Your requirements could not be resolved to an installable set of packages.', 'PHP_REQUIREMENT_UNMET'],
    ['Script @php artisan package:discover handling the post-autoload-dump event returned with error code 1', 'PHP_COMPOSER_FAILED'],
  ])('%s is %s', (tail, code) => {
    expect(composerFailed('install', { exitCode: 1, signal: undefined, tail, stdout: '' }).code).toBe(code);
  });
});
