import { findBundledBuilder, inspectBuilder, listBundledBuilders, readBuilderImage } from '../builder/index.ts';
import { SUPPORTED_APIS, formatApiVersion } from '../cnb/index.ts';
import type { Architecture, BuilderDefinition, InspectedImage } from '../builder/index.ts';
import { TspackError } from '../foundation/index.ts';
import { imagePlatform } from '../oci/index.ts';
import { findImage } from './find-image.ts';
import { architectureOf } from './resolve-bundled-builder.ts';
import type { BuilderDescription, ImageLocation } from './api.ts';
import type { FindImagePorts, FoundImage } from './find-image.ts';

interface BuilderDirectories {
  readonly builders: string;
  readonly buildpacks: string;
}

/** What `tspack builder inspect` shows: of a bundled builder by its name, else of an image. Throws `BUILDER_UNKNOWN`, `IMAGE_NOT_FOUND`, `BUILDER_IMAGE_INVALID`. */
export async function describeAnyBuilder(location: ImageLocation, directories: BuilderDirectories, ports: FindImagePorts): Promise<BuilderDescription> {
  const bundled = listBundledBuilders(directories.builders).find(({ name }) => name === location.image);
  if (bundled !== undefined) return describeBuilder(bundled, directories, architectureOf(ports.platform));
  try {
    return describeBuilderImage(await findImage(location, ports));
  } catch (error) {
    // A bare word is more likely a mistyped name than an image that nobody has.
    if (error instanceof TspackError && error.code === 'IMAGE_NOT_FOUND' && /^[\w-]+$/.test(location.image)) {
      findBundledBuilder(directories.builders, location.image);
    }
    throw error;
  }
}

function describeBuilder(builder: BuilderDefinition, directories: BuilderDirectories, architecture: Architecture): BuilderDescription {
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

/** The labels and config of a builder image; no layer is read. */
function describeBuilderImage({ image, name, place }: FoundImage): BuilderDescription {
  const { metadata, user, order } = readBuilderImage(image, name);
  const { lifecycle, createdBy } = metadata;
  const [runImage] = metadata.images;
  const modules = (list: typeof metadata.buildpacks) =>
    list.map(({ id, version, name: title, homepage }) => ({
      id,
      version,
      ...(title === undefined ? {} : { name: title }),
      ...(homepage === undefined ? {} : { homepage }),
    }));
  return {
    name,
    place,
    imageId: image.imageId,
    description: metadata.description,
    runImage: runImage?.image ?? '',
    runImageMirrors: runImage?.mirrors ?? [],
    targets: [imagePlatform(image)],
    user,
    lifecycle: lifecycle.version,
    createdBy: [createdBy.name, createdBy.version].filter((part) => part !== '').join(' '),
    buildpacks: modules(metadata.buildpacks),
    extensions: modules(metadata.extensions),
    order: order.map(({ group }) => group.map(({ id, version, optional }) => ({ id, ...(version === undefined ? {} : { version }), optional }))),
    runPackages: [],
    buildPackages: [],
    apis: {
      buildpack: [...lifecycle.apis.buildpack.deprecated, ...lifecycle.apis.buildpack.supported],
      platform: [...lifecycle.apis.platform.deprecated, ...lifecycle.apis.platform.supported],
    },
  };
}
