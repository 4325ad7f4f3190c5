import { SUPPORTED_APIS, formatApiVersion } from '../cnb/index.ts';
import { ARCHITECTURES, buildImageOwner, readBuilderLock } from '../builder/index.ts';
import { packagesOfSet } from '../debian/index.ts';
import { readBundledBuildpack } from './resolve-bundled-builder.ts';
import type { Architecture, BuilderDefinition } from '../builder/index.ts';
import type { BuilderDescription } from './api.ts';

/** What `tspack builder inspect` shows of a bundled builder. */
export function describeBuilder(builder: BuilderDefinition, directories: { readonly builders: string; readonly buildpacks: string }, architecture: Architecture): BuilderDescription {
  const owner = buildImageOwner(builder, directories.builders);
  const packages = (of: BuilderDefinition, set: string) =>
    packagesOfSet(readBuilderLock(of, architecture), set).map(({ name, version, sizeBytes }) => ({ name, version, sizeBytes }));
  const buildpacks = builder.buildpacks.map((name) => readBundledBuildpack(directories.buildpacks, name));
  return {
    name: builder.name,
    description: builder.description,
    runImage: builder.runImage?.reference ?? '',
    suite: builder.distribution.codename,
    targets: ARCHITECTURES.map((each) => ({ os: 'linux', architecture: each })),
    user: builder.user,
    buildpacks: buildpacks.map(({ id, version, homepage, name }) => ({
      id,
      version,
      ...(homepage === undefined ? {} : { homepage }),
      ...(name === undefined ? {} : { name }),
    })),
    order: buildpacks.map(({ id, version }) => [{ id, version, optional: false }]),
    runPackages: packages(builder, 'run'),
    buildPackages: packages(owner, 'build'),
    apis: { buildpack: SUPPORTED_APIS.buildpack.map(formatApiVersion), platform: SUPPORTED_APIS.platform.map(formatApiVersion) },
  };
}
