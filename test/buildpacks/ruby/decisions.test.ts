import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { commandFailed } from '../../../buildpacks/ruby/src/errors.ts';
import { describeGems } from '../../../buildpacks/ruby/src/gem-sbom.ts';
import { readGemFiles, readRubyRequests } from '../../../buildpacks/ruby/src/gemfile.ts';
import { toRange } from '../../../buildpacks/ruby/src/ruby-version.ts';
import { chooseStart } from '../../../buildpacks/ruby/src/start-command.ts';
import { satisfies } from '../../../src/sdk/index.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ruby-application-'));
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
    ['3.3', true],
    ['~> 3.3', true],
    ['~> 3.2', true],
    ['~> 3.3.0', true],
    ['~> 3.2.0', false],
    ['>= 3.1, < 3.4', true],
    ['3.3.1', false],
    ['= 3.3.14', true],
    ['~> 3', true],
  ])('%s allows 3.3.14: %s', (requirement, allowed) => {
    expect(satisfies('3.3.14', toRange(requirement))).toBe(allowed);
  });
});

describe('readRubyRequests()', () => {
  it('reads each place, and says which', () => {
    write({ Gemfile: 'source "https://example.org"\nruby ">= 3.1", "< 4"\n', '.ruby-version': 'ruby-3.3\n', '.tool-versions': 'nodejs 22\nruby 3.3.1\n' });
    expect(readRubyRequests(directory, { BP_RUBY_VERSION: '3.x' })).toEqual([
      { text: '3.x', place: 'BP_RUBY_VERSION' },
      { text: '>= 3.1, < 4', place: 'Gemfile' },
      { text: '3.3', place: '.ruby-version' },
      { text: '3.3.1', place: '.tool-versions' },
    ]);
  });

  it('finds nothing where nothing is asked for', () => {
    write({ Gemfile: 'gem "rack"\nruby file: ".ruby-version"\n' });
    expect(readRubyRequests(directory, {})).toEqual([]);
  });
});

describe('readGemFiles()', () => {
  it('names gems of the lockfile, else those of the Gemfile', () => {
    expect(readGemFiles(directory)).toBeUndefined();
    write({ Gemfile: 'gem "rails", "~> 7"\n  gem(\'puma\')\n# gem "old"\n' });
    expect(readGemFiles(directory)).toMatchObject({ name: 'Gemfile', hasLock: false, gems: new Set(['rails', 'puma']) });
    const before = readGemFiles(directory)?.digest;
    write({ 'Gemfile.lock': 'GEM\n  remote: https://example.org/\n  specs:\n    propshaft (1.0.0)\n      rack\n    rack (3.1.8)\n' });
    expect(readGemFiles(directory)).toMatchObject({ hasLock: true, gems: new Set(['propshaft', 'rack']) });
    expect(readGemFiles(directory)?.digest).not.toBe(before);
  });
});

describe('chooseStart()', () => {
  const start = (programs: readonly string[] = [], hasGemfile = true) => chooseStart(directory, hasGemfile, (name) => programs.includes(name));

  it('prefers Rails, then a Rack server, then a script', () => {
    write({ 'app.rb': '' });
    expect(start()).toEqual({ command: ['bundle', 'exec', 'ruby', 'app.rb'], reason: 'app.rb' });
    expect(start([], false).command).toEqual(['ruby', 'app.rb']);
    write({ 'config.ru': '' });
    expect(start(['rackup'], false).command[2]).toBe('exec rackup -o 0.0.0.0 -p "${PORT:-8080}" config.ru');
    expect(start(['rackup', 'puma']).command[2]).toBe('exec bundle exec puma -b "tcp://0.0.0.0:${PORT:-8080}"');
    write({ 'bin/rails': '' });
    expect(start(['puma']).command[2]).toBe('exec bundle exec rails server -b 0.0.0.0 -p "${PORT:-8080}"');
  });

  it('says what is missing', () => {
    expect(() => start()).toThrow(expect.objectContaining({ code: 'RUBY_START_MISSING' }));
    write({ 'config.ru': '' });
    expect(() => start()).toThrow(expect.objectContaining({ code: 'RUBY_SERVER_MISSING' }));
  });
});

describe('describeGems()', () => {
  it('reads specifications as RubyGems writes them', () => {
    write({
      'specifications/rack-3.1.8.gemspec':
        'Gem::Specification.new do |s|\n  s.name = "rack".freeze\n  s.version = "3.1.8".freeze\n  s.licenses = ["MIT".freeze]\nend\n',
      'specifications/rackup-2.2.1.gemspec':
        'Gem::Specification.new do |s|\n  s.name = "rackup".freeze\n  s.version = "2.2.1"\n  s.homepage = "https://example.org".freeze\n  s.licenses = ["MIT".freeze, "Ruby".freeze]\n  s.add_runtime_dependency(%q<rack>.freeze, [">= 3"])\n  s.add_dependency(%q<none>.freeze, [">= 3"])\nend\n',
    });
    expect(describeGems(directory)).toMatchObject([
      { name: 'rack', purl: 'pkg:gem/rack@3.1.8', licences: ['MIT'], dependsOn: [] },
      { name: 'rackup', homepage: 'https://example.org', licences: ['MIT', 'Ruby'], dependsOn: ['pkg:gem/rack@3.1.8'] },
    ]);
    expect(describeGems(join(directory, 'none'))).toEqual([]);
  });
});

describe('commandFailed()', () => {
  it.each([
    ['Could not fetch specs from https://gems.example.org/ due to underlying error', 'RUBY_GEMS_UNREACHABLE'],
    ['Authentication is required for gems.example.org.', 'RUBY_GEMS_UNAUTHORIZED'],
    ['[!] There was an error parsing `Gemfile`: syntax error', 'RUBY_GEMFILE_INVALID'],
    ["The dependencies in your gemfile changed, but the lockfile can't be updated because frozen mode is set", 'RUBY_LOCKFILE_OUT_OF_STEP'],
    ["Could not find gem 'nosuch' in rubygems repository", 'RUBY_GEM_UNKNOWN'],
    ['ERROR: Failed to build gem native extension.', 'RUBY_NATIVE_GEM_FAILED'],
    ['rake aborted!', 'RUBY_COMMAND_FAILED'],
  ])('%s is %s', (tail, code) => {
    expect(commandFailed('bundle install', { exitCode: 1, signal: undefined, tail, stdout: '' }).code).toBe(code);
  });
});
