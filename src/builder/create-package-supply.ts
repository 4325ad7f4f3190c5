import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TspackError, digestHex, digestOf, markUsed, writeFileAtomic } from '../foundation/index.ts';
import type { Clock, EventSink } from '../foundation/index.ts';
import { fetchPackages, formatPackageLock, parsePackageLock } from '../debian/index.ts';
import type { DebianContext, LockedPackage, PackageLock } from '../debian/index.ts';
import type { Architecture, BuilderDefinition } from './builder-file.ts';
import { readBuilderLock } from './builder-lock.ts';
import type { BuilderEvent } from './events.ts';
import type { PackageSupply } from './package-supply.ts';
import { resolveBuilderLock } from './update-builder-lock.ts';

export interface PackageSupplyOptions {
  readonly builder: BuilderDefinition;
  readonly architecture: Architecture;
  readonly debian: DebianContext;
  /** Where locks that had to be made anew are kept, so that the next build uses them at once. */
  readonly lockCacheDirectory: string;
  /** Forbids other packages than the builder's own lock names. */
  readonly frozen: boolean;
  readonly clock: Clock;
  /** Instead of the keyrings that travel with tspack. */
  readonly keyringDirectory?: string;
  readonly events?: EventSink<BuilderEvent>;
}

/**
 * Supplies the packages of a builder from its Debian mirror. When the archive has replaced one, the lock is made anew
 * from the signed indexes, with a notice of what moved, and remembered for the next time. Nothing is asked over the
 * network before a package is really needed. Throws `BUILDER_LOCK_MISSING`, `DEBIAN_LOCK_INVALID`.
 */
export function createPackageSupply(options: PackageSupplyOptions): PackageSupply {
  const shipped = readBuilderLock(options.builder, options.architecture);
  const remembered = options.frozen ? undefined : readRemembered(rememberedPath(options, shipped));
  return supplyOf(remembered ?? shipped, shipped, options);
}

function supplyOf(lock: PackageLock, shipped: PackageLock, options: PackageSupplyOptions): PackageSupply {
  const { builder, architecture, debian, events } = options;
  const renew = async (superseded: LockedPackage) => {
    if (options.frozen) throw lockBehind(builder, architecture, superseded);
    const renewed = await resolveBuilderLock({ ...options, previous: lock });
    events?.({ kind: 'packages-superseded', builder: builder.name, architecture, changes: renewed.changes });
    writeFileAtomic(rememberedPath(options, shipped), formatPackageLock(renewed.lock));
    return supplyOf(renewed.lock, shipped, options);
  };
  // Build and run image are assembled at once from one supply: the indexes are read, and the notice given, once.
  let renewal: Promise<PackageSupply> | undefined;
  return {
    lock,
    fetch: (packages) => fetchPackages({ packages, sources: lock.sources }, debian),
    renew: (superseded) => (renewal ??= renew(superseded)),
  };
}

/** By the shipped lock's content: a newer tspack starts from its own lock again. */
function rememberedPath({ builder, architecture, lockCacheDirectory }: PackageSupplyOptions, shipped: PackageLock): string {
  const hash = digestHex(digestOf(formatPackageLock(shipped))).slice(0, 16);
  return join(lockCacheDirectory, `${builder.name}-${architecture}-${hash}.json`);
}

function readRemembered(path: string): PackageLock | undefined {
  if (!markUsed(path)) return undefined;
  try {
    return parsePackageLock(readFileSync(path, 'utf8'), path);
  } catch {
    // It is only a cache: a damaged one is made anew when it is needed again.
    return undefined;
  }
}

function lockBehind(builder: BuilderDefinition, architecture: Architecture, superseded: LockedPackage): TspackError {
  return new TspackError({
    code: 'BUILDER_LOCK_BEHIND',
    message: `Cannot assemble "${builder.name}" for ${architecture} from its lock: the archive no longer has ${superseded.name} ${superseded.version}, and --frozen forbids another version`,
    nextStep: `Run tspack builder update ${builder.name}, build without --frozen, or set TSPACK_DEBIAN_MIRROR to an archive that keeps old packages`,
  });
}
