import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { compileRules } from './extract-rules.ts';
import type { ExtractRules } from './extract-rules.ts';
import { relativizeLinks } from './relative-links.ts';
import { STANDARD_RULES } from './standard-rules.ts';
import { statusStanza } from './status-stanza.ts';
import { unpackPackages } from './unpack-packages.ts';
import type { PackageFile, UnpackedPackage } from './unpack-packages.ts';

/**
 * Unpacks packages into a folder that will not be the root of anything: `usr/`, `etc/`, and the state of each package
 * below `var/lib/dpkg/status.d`. Links among the packages are relative. The same packages make the same folder,
 * whatever the order in which they arrive. Throws what {@link unpackPackages} throws.
 *
 * @param rules Narrows {@link STANDARD_RULES}, which hold always.
 */
export async function installPackages(
  packages: Iterable<PackageFile> | AsyncIterable<PackageFile>,
  directory: string,
  rules: ExtractRules = {},
): Promise<readonly UnpackedPackage[]> {
  mkdirSync(directory, { recursive: true });
  const all: ExtractRules = {
    renames: [...(STANDARD_RULES.renames ?? []), ...(rules.renames ?? [])],
    drop: [...(STANDARD_RULES.drop ?? []), ...(rules.drop ?? [])],
    keep: [...(STANDARD_RULES.keep ?? []), ...(rules.keep ?? [])],
  };
  const unpacked = await unpackPackages(packages, directory, all);
  const { renamed } = compileRules(all);
  relativizeLinks(
    directory,
    unpacked.flatMap(({ entries }) => entries),
    (path) => renamed(path, false),
  );
  settleFolders(directory, unpacked);
  writeStatus(directory, unpacked);
  return unpacked;
}

/** A folder of several packages has the mode of the first by name, not of the one that came last. */
function settleFolders(directory: string, unpacked: readonly UnpackedPackage[]): void {
  const modes = new Map<string, number>();
  for (const { entries } of unpacked) {
    for (const { path, type, mode } of entries) if (type === 'directory' && !modes.has(path)) modes.set(path, (mode & 0o1777) | 0o700);
  }
  for (const [path, mode] of modes) chmodSync(join(directory, path), mode);
}

function writeStatus(directory: string, unpacked: readonly UnpackedPackage[]): void {
  const folder = join(directory, 'var/lib/dpkg/status.d');
  mkdirSync(folder, { recursive: true });
  for (const { package: each, controlFiles } of unpacked) {
    writeFileSync(join(folder, each.name), statusStanza(controlFiles['control']!));
    const md5sums = controlFiles['md5sums'];
    if (md5sums !== undefined) writeFileSync(join(folder, `${each.name}.md5sums`), md5sums);
  }
}
