import {
  debianPackagesKey,
  debianTriplet,
  installDebianPackages,
  lockedDebianPackages,
  type BuildContext,
  type RuntimeSource,
} from '../../../../src/sdk/index.ts';
import { NOT_FOR_RUNNING, type PythonInstaller } from './python-installer.ts';

/** Releases of Debian, and the version of Python that each has. All run on the run image of the newest. */
const RELEASES = [
  { suite: 'trixie', minor: '3.13' },
  { suite: 'bookworm', minor: '3.11' },
];

/** Python as Debian packages it: signed, patched for as long as the release lives, one version for each. */
export function debianSource(context: BuildContext): RuntimeSource<PythonInstaller> {
  const versions = () => RELEASES.map(({ suite, minor }) => ({ suite, minor, version: packagedVersion(context, suite, minor) }));
  return {
    name: 'debian',
    offered: () => Promise.resolve(versions().map(({ version }) => version)),
    find(wanted) {
      const { suite } = versions().find(({ version }) => version === wanted)!;
      const { architecture } = context.target;
      const triplet = debianTriplet(architecture);
      return Promise.resolve({
        key: [debianPackagesKey(context, { suite, set: 'python' }), debianPackagesKey(context, { suite: `${suite}-build`, set: 'headers' })].join(' '),
        libraryDirectories: [`usr/lib/${triplet}`],
        warning: undefined,
        async install(directory) {
          return (await installDebianPackages(context, { suite, set: 'python', directory, rules: { drop: NOT_FOR_RUNNING } })).components;
        },
        async installHeaders(directory) {
          await installDebianPackages(context, {
            suite: `${suite}-build`,
            set: 'headers',
            directory,
            rules: { drop: ['usr/lib/**', 'usr/bin/**', 'usr/share/**'] },
          });
        },
      });
    },
  };
}

/** `3.13.5` of Debian's `3.13.5-2+deb13u1`. */
function packagedVersion(context: BuildContext, suite: string, minor: string): string {
  const locked = lockedDebianPackages(context, { suite, set: 'python' }).find(({ name }) => name === `python${minor}-minimal`);
  return /^\d+(?:\.\d+)*/.exec(locked?.version ?? '')?.[0] ?? `${minor}.0`;
}
