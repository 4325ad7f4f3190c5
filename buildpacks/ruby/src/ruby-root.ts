import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { debianTriplet } from '../../../src/sdk/index.ts';

/** The version in the names of Ruby's folders. */
const API = '3.3.0';

/**
 * Variables with which a Ruby of Debian works away from `/usr`, with gems of several folders: `roots` hold `usr/`, the first of
 * them Ruby itself; gems that Bundler installs go to `gemHome`.
 */
export function rubyEnv(roots: readonly string[], gemHome: string, architecture: string): Readonly<Record<string, string>> {
  const triplet = debianTriplet(architecture);
  const inAll = (...folders: readonly string[]) => roots.flatMap((root) => folders.map((folder) => join(root, folder))).filter((folder) => existsSync(folder));
  return {
    LD_LIBRARY_PATH: inAll(`usr/lib/${triplet}`).join(':'),
    RUBYLIB: inAll('usr/lib/ruby/vendor_ruby', `usr/lib/${triplet}/ruby/vendor_ruby/${API}`, `usr/lib/ruby/${API}`, `usr/lib/${triplet}/ruby/${API}`).join(':'),
    GEM_HOME: gemHome,
    GEM_PATH: [
      gemHome,
      ...inAll(
        'usr/share/rubygems-integration/all',
        `usr/share/rubygems-integration/${API}`,
        `usr/lib/${triplet}/rubygems-integration/${API}`,
        `usr/lib/ruby/gems/${API}`,
      ),
    ].join(':'),
    // Debian's defaults name folders below /usr and /var.
    DEBIAN_DISABLE_RUBYGEMS_INTEGRATION: '1',
    // Gems of GEM_PATH count, and the Bundler that Ruby brings along does, whatever version the lockfile was written by.
    BUNDLE_PATH__SYSTEM: 'true',
    BUNDLE_VERSION: 'system',
    BUNDLE_WITHOUT: 'development:test',
    LANG: 'C.UTF-8',
  };
}

/** Whether the folder holds a Ruby of Debian. */
export function hasRuby(root: string): boolean {
  return existsSync(join(root, 'usr/bin/ruby3.3'));
}
