import { chooseLockedRuntime, type BuildContext } from '../../../src/sdk/index.ts';
import { versionInvalid, versionUnsatisfiable } from './errors.ts';
import { readRubyRequests } from './gemfile.ts';

/** The Ruby of the locked packages, once it fits what is asked for. Throws `RUBY_VERSION_UNSATISFIABLE`, `RUBY_VERSION_INVALID`. */
export function chooseRubyVersion(context: BuildContext): string {
  return chooseLockedRuntime(context, {
    title: 'Ruby',
    suite: 'trixie',
    set: 'ruby',
    packageName: 'libruby3.3',
    requests: readRubyRequests(context.applicationDirectory, context.env),
    toRange,
    invalid: versionInvalid,
    unsatisfiable: versionUnsatisfiable,
  });
}

/** RubyGems' requirements as those of npm: `~> 3.3` allows 3.4 and not 4, `~> 3.3.1` allows 3.3.9 and not 3.4. A bare `3.3` means any 3.3. */
export function toRange(requirement: string): string {
  return requirement
    .split(',')
    .map((part) =>
      part
        .trim()
        .replace(/^~>\s*(\d+)$/, '>=$1')
        .replace(/^~>\s*(\d+\.\d+)$/, '^$1')
        .replace(/^~>\s*/, '~')
        .replace(/^=\s*/, ''),
    )
    .filter((part) => part !== '')
    .join(' ');
}
