import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { debianPackagesKey, debianTriplet, installDebianPackages, type BuildContext } from '../../../../src/sdk/index.ts';
import type { RustSource } from './rust-source.ts';

const SUITES = ['trixie', 'trixie-backports'] as const;

/** The locked packages of Debian's stable suite and of its backports. */
export function debian(context: BuildContext): RustSource {
  const versions = new Map(SUITES.map((suite) => [lockedVersion(context, suite), suite]));
  return {
    name: 'debian',
    offered: () => Promise.resolve([...versions.keys()]),
    find: (version) => {
      const set = { suite: versions.get(version)!, set: 'rust' };
      return Promise.resolve({
        key: debianPackagesKey(context, set),
        binDirectory: 'usr/bin',
        libraryDirectories: [`usr/lib/${debianTriplet(context.target.architecture)}`],
        async install(directory) {
          await installDebianPackages(context, { ...set, directory, rules: { drop: ['usr/bin/rustdoc', 'usr/share/**'] } });
        },
      });
    },
  };
}

/** `1.85.1` of the lock's `1.85.1+dfsg1-1`. */
function lockedVersion({ buildpackDirectory, target }: BuildContext, suite: string): string {
  const file = join(buildpackDirectory, 'packages', `${suite}.${target.architecture}.json`);
  const { packages } = JSON.parse(readFileSync(file, 'utf8')) as { packages: readonly { name: string; version: string }[] };
  return /^[\d.]+/.exec(packages.find(({ name }) => name === 'rustc')!.version)![0];
}
