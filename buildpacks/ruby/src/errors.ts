import { TspackError, type CommandResult } from '../../../src/sdk/index.ts';

export function versionInvalid(text: string, place: string): TspackError {
  return new TspackError({
    code: 'RUBY_VERSION_INVALID',
    message: `Cannot read "${text}" of ${place} as a version of Ruby`,
    nextStep: 'Write a version such as "3.3" or "~> 3.3".',
  });
}

export function versionUnsatisfiable(text: string, place: string, offered: string): TspackError {
  return new TspackError({
    code: 'RUBY_VERSION_UNSATISFIABLE',
    message: `Cannot find a Ruby for "${text}" of ${place}: the distribution of this builder has Ruby ${offered}`,
    nextStep: 'Allow this version, such as with "~> 3.3", and test the application with it.',
  });
}

export function startMissing(): TspackError {
  return new TspackError({
    code: 'RUBY_START_MISSING',
    message: 'Cannot tell how to start the application: there is no config.ru, bin/rails, app.rb, server.rb or main.rb',
    nextStep: 'Add one of them, or write a Procfile with a line such as "web: ruby start.rb".',
  });
}

export function serverMissing(): TspackError {
  return new TspackError({
    code: 'RUBY_SERVER_MISSING',
    message: 'Cannot start config.ru: neither puma nor rackup is among the gems',
    nextStep: 'Add `gem "puma"` to the Gemfile, or the package puma to an Aptfile.',
  });
}

/** What Bundler, or a program that it runs, could not do, as far as its output tells. */
export function commandFailed(command: string, { exitCode, tail }: CommandResult): TspackError {
  const cause = [
    {
      code: 'RUBY_GEMS_UNAUTHORIZED',
      pattern: /(?:Authentication is required|Bad username or password|Forbidden|403)/i,
      message: 'a source of gems wants other credentials',
      nextStep: 'Give them by a variable such as BUNDLE_GEMS__EXAMPLE__COM, from a binding or --env.',
    },
    {
      code: 'RUBY_GEMS_UNREACHABLE',
      pattern:
        /(?:Could not (?:fetch specs|reach host|resolve host)|Network error|Gem::RemoteFetcher|Net::OpenTimeout|SocketError|Failed to open TCP connection|Retrying fetcher)/i,
      message: 'the source of gems cannot be reached',
      nextStep: 'Check the network, set BUNDLE_MIRROR__ALL to a mirror, or name the packages of Debian that hold the gems in an Aptfile.',
    },
    {
      code: 'RUBY_LOCKFILE_OUT_OF_STEP',
      pattern:
        /(?:deployment mode|frozen mode|lockfile can't be updated|The gemspecs for path gems changed|changed in your Gemfile|dependencies in your gemfile changed)/i,
      message: 'the lockfile was made for another Gemfile',
      nextStep: 'Run `bundle lock` and commit the lockfile.',
    },
    {
      code: 'RUBY_GEMFILE_INVALID',
      pattern:
        /(?:There was an error (?:parsing|while loading)|Bundler::(?:Dsl|GemfileError)|Your lockfile (?:is unreadable|contains merge conflicts)|Failed to load)/i,
      message: 'the Gemfile or its lockfile cannot be read',
      nextStep: 'Correct the line that Bundler names above.',
    },
    {
      code: 'RUBY_GEM_UNKNOWN',
      pattern: /(?:Could not find gem|Could not find compatible versions|could not be found in)/i,
      message: 'a gem cannot be found, or versions do not fit together',
      nextStep: 'Correct its name or version in the Gemfile.',
    },
    {
      code: 'RUBY_NATIVE_GEM_FAILED',
      pattern: /Failed to build gem native extension/i,
      message: 'a gem with native code does not compile',
      nextStep: 'Name the packages with its headers in an Aptfile, such as "libpq-dev" for pg.',
    },
  ].find(({ pattern }) => pattern.test(tail));
  return new TspackError({
    code: cause?.code ?? 'RUBY_COMMAND_FAILED',
    message: `Cannot build: \`${command}\` ended with ${exitCode ?? 'a signal'}${cause === undefined ? '' : `, because ${cause.message}`}`,
    nextStep: cause?.nextStep ?? 'Read what it says above; make the same command work in a fresh checkout first.',
  });
}
