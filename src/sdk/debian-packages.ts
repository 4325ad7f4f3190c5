import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DebianContext, ExtractRules, LockedPackage, PackageFile, PackageLock, UnpackedPackage } from '../debian/index.ts';
import { TspackError } from '../foundation/index.ts';
import type { Component } from '../sbom/index.ts';
import type { BuildContext } from './build-context.ts';
import { withArchive } from './debian-archive.ts';
import { readDebianDefinition, readDebianLock, readLockText, packagesOfSets, type DebianSet } from './debian-lock.ts';
import { resolveDebianPackages, type ResolvedDebianPackages } from './resolve-debian-packages.ts';

/** Which packages to install, and where. */
export interface DebianPackagesRequest extends DebianSet {
  /** Receives `usr/`, `etc/` and so on; made when it is not there. */
  readonly directory: string;
  /** Globs of what not to unpack. Manuals, translations and documentation are left out always, except copyright files. */
  readonly rules?: ExtractRules;
  /** Names of packages of the set that are not wanted this time. */
  readonly exclude?: readonly string[];
}

/** What {@link installDebianPackages} installed, in name order. */
export interface InstalledPackages {
  readonly packages: readonly InstalledDebianPackage[];
  /** For the layer's SBOM: licences, hashes and edges included. */
  readonly components: readonly Component[];
}

export interface InstalledDebianPackage {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  /** Of the `.deb`. */
  readonly sha256: string;
  readonly purl: string;
}

/**
 * Unpacks the locked packages of a set into a folder, without root and without running any of their scripts. Folders lie
 * below `usr/`, links among the packages are relative, and `var/lib/dpkg/status.d` names each package for scanners.
 *
 * Packages come from `TSPACK_DEBIAN_MIRROR` (and `TSPACK_DEBIAN_SECURITY_MIRROR`), a `dependency-mirror` binding with a
 * key `debian`, the apt configuration of the build image, or Debian's dated archive. When the archive has replaced a
 * package, the set is resolved anew from its signed indexes, with a warning. Throws `DEBIAN_LOCK_MISSING`,
 * `DOWNLOAD_OFFLINE` and the errors of the room `debian`.
 */
export async function installDebianPackages(context: BuildContext, request: DebianPackagesRequest): Promise<InstalledPackages> {
  const { suite, set, directory, rules, exclude = [] } = request;
  const lock = await readDebianLock(context, suite);
  const wanted = packagesOfSets(lock, set, readLockText(context, suite).file);
  const locked = { packages: wanted.filter(({ name }) => !exclude.includes(name)), sources: lock.sources };
  return await withArchive(context, async (archive) => {
    const fetched = await fetchAll(context, locked, archive);
    if (!('superseded' in fetched)) return await unpack(fetched, locked, directory, rules);
    const renewed = await renew(context, request, lock, fetched.superseded);
    return await unpack(requireAll(await fetchAll(context, renewed, archive)), renewed, directory, rules);
  });
}

/** As {@link installDebianPackages}, for what `resolveDebianPackages` has found. */
export async function installResolvedPackages(
  context: BuildContext,
  resolved: ResolvedDebianPackages,
  { directory, rules }: Pick<DebianPackagesRequest, 'directory' | 'rules'>,
): Promise<InstalledPackages> {
  return await withArchive(context, async (archive) => unpack(requireAll(await fetchAll(context, resolved, archive)), resolved, directory, rules));
}

type Fetched = readonly PackageFile[] | { readonly superseded: LockedPackage };

/** All of the packages on disk, or the first that the archive no longer has. */
async function fetchAll({ downloads }: BuildContext, { packages, sources }: ResolvedDebianPackages, archive: DebianContext): Promise<Fetched> {
  await downloads.announce?.(
    packages.map(({ name, version, sha256, sizeBytes }) => ({ label: `${name} ${version}`, digest: { algorithm: 'sha256', hex: sha256 }, sizeBytes })),
  );
  const { fetchPackages } = await import('../debian/index.ts');
  const files: PackageFile[] = [];
  for await (const fetched of fetchPackages({ packages, sources }, archive)) {
    if (fetched.kind === 'superseded') return { superseded: fetched.package };
    files.push({ package: fetched.package, path: fetched.path });
  }
  return files;
}

/** An index that names what its archive does not have is in the middle of an update. */
function requireAll(fetched: Fetched): readonly PackageFile[] {
  if (!('superseded' in fetched)) return fetched;
  const { name, version } = fetched.superseded;
  throw new TspackError({
    code: 'DEBIAN_ARCHIVE_INCOMPLETE',
    message: `Cannot install ${name} ${version}: the archive's index names it, but the archive does not have it`,
    nextStep: 'Try again in a few minutes, or set TSPACK_DEBIAN_MIRROR to another mirror.',
  });
}

/** The set as the archive has it now, and a warning that says why it is not the lock's. */
async function renew(context: BuildContext, request: DebianPackagesRequest, lock: PackageLock, superseded: LockedPackage): Promise<ResolvedDebianPackages> {
  const { suite, set, exclude = [] } = request;
  const definition = await readDebianDefinition(context, suite);
  const names = typeof set === 'string' ? [set] : set;
  const declared = definition.sets.filter(({ name }) => names.includes(name));
  const leftOut = lock.excluded.filter(({ sets }) => sets.some((name) => names.includes(name))).map(({ name }) => name);
  const wanted = declared.flatMap(({ packages }) => packages).filter((name) => !exclude.includes(name));
  const renewed = await resolveDebianPackages(context, { suite, wanted, exclude: [...declared.flatMap((one) => one.exclude), ...leftOut, ...exclude] });
  const before = new Map(lock.packages.map(({ name, version }) => [name, version]));
  const moved = renewed.packages.filter(({ name, version }) => before.get(name) !== version).map(({ name, version }) => `${name} ${version}`);
  context.log.warning(
    `The archive no longer has ${superseded.name} ${superseded.version}, which this buildpack has locked; installing ${moved.join(', ')} instead`,
    'Update the buildpack, or set TSPACK_DEBIAN_MIRROR to an archive that keeps old packages, for the same packages each time.',
  );
  return renewed;
}

async function unpack(files: readonly PackageFile[], { sources }: ResolvedDebianPackages, directory: string, rules?: ExtractRules): Promise<InstalledPackages> {
  const { installPackages } = await import('../debian/index.ts');
  return await describe(await installPackages(files, directory, rules), directory, sources);
}

async function describe(unpacked: readonly UnpackedPackage[], directory: string, sources: PackageLock['sources']): Promise<InstalledPackages> {
  const { debianComponents } = await import('../sbom/index.ts');
  const { dependencyNames, releaseOfSuite } = await import('../debian/index.ts');
  const release = releaseOfSuite(sources[0]?.suite ?? '');
  const components = debianComponents(
    unpacked.map(({ package: { name, version, architecture, sha256 }, fields }) => {
      const copyright = join(directory, 'usr/share/doc', name, 'copyright');
      return {
        name,
        version,
        architecture,
        sha256,
        release,
        source: fields.get('source'),
        homepage: fields.get('homepage'),
        description: fields.get('description')?.split('\n')[0],
        copyright: existsSync(copyright) ? readFileSync(copyright, 'utf8') : undefined,
        locations: [join(directory, 'var/lib/dpkg/status.d', name)],
        dependsOn: dependencyNames(fields),
      };
    }),
  );
  const packages = unpacked.map(({ package: { name, version, architecture, sha256 } }, index) => ({
    name,
    version,
    architecture,
    sha256,
    purl: components[index]!.purl!,
  }));
  return { packages, components };
}
