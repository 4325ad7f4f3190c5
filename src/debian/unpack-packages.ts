import { TspackError } from '../foundation/index.ts';
import type { ControlFields } from './control.ts';
import type { ExtractRules } from './extract-rules.ts';
import type { LockedPackage } from './lock.ts';
import { extractPackage } from './open-package.ts';
import type { ExtractedEntry } from './package-tree.ts';

/** A package that is on disk. */
export interface PackageFile {
  readonly package: LockedPackage;
  readonly path: string;
}

/** A package whose files are in the folder. */
export interface UnpackedPackage {
  readonly package: LockedPackage;
  readonly fields: ControlFields;
  readonly controlFiles: Readonly<Record<string, string>>;
  readonly entries: readonly ExtractedEntry[];
}

/**
 * Unpacks packages into one existing folder as each arrives; the result is in name order. Each must be the one that the
 * lock names. Throws `DEBIAN_PACKAGE_MISMATCH` and what `extractPackage` throws; the folder is then of no use.
 */
export async function unpackPackages(
  packages: Iterable<PackageFile> | AsyncIterable<PackageFile>,
  directory: string,
  rules: ExtractRules,
): Promise<readonly UnpackedPackage[]> {
  const unpacked: UnpackedPackage[] = [];
  const unpack = async ({ package: locked, path }: PackageFile) => {
    const { fields, controlFiles, entries } = await extractPackage({ path, directory, rules, label: `${locked.name} ${locked.version}` });
    requireSamePackage(locked, fields);
    unpacked.push({ package: locked, fields, controlFiles, entries });
  };
  await unpackAll(packages, unpack);
  return unpacked.sort((a, b) => (a.package.name < b.package.name ? -1 : 1));
}

function requireSamePackage(locked: LockedPackage, fields: ControlFields): void {
  const found = `${fields.get('package')} ${fields.get('version')} ${fields.get('architecture')}`;
  const wanted = `${locked.name} ${locked.version} ${locked.architecture}`;
  if (found === wanted) return;
  throw new TspackError({
    code: 'DEBIAN_PACKAGE_MISMATCH',
    message: `Cannot use "${locked.poolPath}": it holds ${found}, want ${wanted}`,
    nextStep: 'Write the lock anew with tspack builder update',
  });
}

/** Starts on each package as it arrives. After the first failure nothing new starts, and all that runs is awaited. */
async function unpackAll(packages: Iterable<PackageFile> | AsyncIterable<PackageFile>, unpack: (file: PackageFile) => Promise<void>): Promise<void> {
  const running: Promise<void>[] = [];
  const failures: unknown[] = [];
  try {
    for await (const file of packages) {
      if (failures.length > 0) break;
      running.push(unpack(file).catch((error: unknown) => void failures.push(error)));
    }
  } finally {
    await Promise.all(running);
  }
  if (failures.length > 0) throw failures[0];
}
