import { inspectBuilder } from '../builder/index.ts';
import { SUPPORTED_APIS, formatApiVersion } from '../cnb/index.ts';
import type { Architecture, BuilderDefinition, InspectedImage } from '../builder/index.ts';
import type { BuilderDescription } from './api.ts';

/** What `tspack builder inspect` shows of a bundled builder. */
export function describeBuilder(
  builder: BuilderDefinition,
  directories: { readonly builders: string; readonly buildpacks: string },
  architecture: Architecture,
): BuilderDescription {
  const inspected = inspectBuilder({ builder, architecture, buildersDirectory: directories.builders, buildpacksDirectory: directories.buildpacks });
  const packages = (image: InspectedImage) => image.packages.map(({ name, version, sizeBytes }) => ({ name, version, sizeBytes }));
  return {
    name: inspected.name,
    description: inspected.description,
    runImage: inspected.runImage.reference,
    suite: inspected.distribution.codename,
    targets: inspected.architectures.map((each) => ({ os: 'linux', architecture: each })),
    user: inspected.user,
    buildpacks: inspected.buildpacks,
    order: inspected.order.map(({ group }) => group.map(({ id, version, optional }) => ({ id, version, optional }))),
    runPackages: packages(inspected.runImage),
    buildPackages: packages(inspected.buildImage),
    apis: { buildpack: SUPPORTED_APIS.buildpack.map(formatApiVersion), platform: SUPPORTED_APIS.platform.map(formatApiVersion) },
  };
}
