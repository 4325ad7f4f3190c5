import type { PackageLock } from '../debian/index.ts';
import type { BuilderDefinition } from './builder-file.ts';

/** `created` of every base image: its content, not the time of its assembly, decides what it is. */
export const BASE_IMAGE_CREATED = '1980-01-01T00:00:01Z';

/** Where programs are looked up in every base image. */
export const BASE_IMAGE_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** What run and build image call the base that they share, and the deprecated stack of the same meaning. */
export function baseId(builder: BuilderDefinition): string {
  return `tspack.${builder.distribution.codename}`;
}

/** The day of the youngest signed archive state that the lock was made from, as ISO 8601. */
export function releasedDate(lock: PackageLock): string {
  return lock.sources
    .map(({ date }) => date)
    .sort()
    .at(-1)!;
}

/** The labels of a base image (platform.md "Build Image" and "Run Image", CNB.md C190, C191). */
export function baseLabels(builder: BuilderDefinition, lock: PackageLock): Readonly<Record<string, string>> {
  return {
    'io.buildpacks.base.description': builder.description,
    'io.buildpacks.base.distro.name': builder.distribution.name,
    'io.buildpacks.base.distro.version': builder.distribution.version,
    'io.buildpacks.base.homepage': builder.homepage,
    'io.buildpacks.base.id': baseId(builder),
    'io.buildpacks.base.maintainer': builder.maintainer,
    'io.buildpacks.base.released': releasedDate(lock),
    'io.buildpacks.rebasable': 'true',
    'io.buildpacks.stack.id': baseId(builder),
  };
}
