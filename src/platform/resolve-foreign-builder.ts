import { join } from 'node:path';
import { builderPlatformApi, readBuilderImage } from '../builder/index.ts';
import { formatApiVersion } from '../cnb/index.ts';
import { digestHex, isDigest, removeTree } from '../foundation/index.ts';
import { openBlobDirectory, unpackImage } from '../oci/index.ts';
import { acquireLock, createWorkDirectory } from '../store/index.ts';
import { accountHome } from './account-home.ts';
import { readBuilderFiles } from './foreign-builder-files.ts';
import { requireImage } from './images/pull-image.ts';
import { chooseRunImage } from './choose-run-image.ts';
import type { BuilderImage } from '../builder/index.ts';
import type { HostPath } from '../executor/index.ts';
import type { Image } from '../oci/index.ts';
import type { PullPorts, PullRequest, PulledImage } from './images/pull-ports.ts';
import type { BuilderRequest, ResolvedBuilder } from './ports.ts';

/**
 * A builder image that anybody made, ready to build with (CNB.md C196): found by the pull policy, unpacked once for its
 * content, read as its own lifecycle would read it. What the user selected is not in it yet. Throws `IMAGE_NOT_FOUND`,
 * `IMAGE_PLATFORM_MISSING`, `BUILDER_IMAGE_INVALID`, `PLATFORM_API_UNSUPPORTED`, `BUILDPACK_API_UNSUPPORTED`,
 * `RUN_IMAGE_MISSING`, and what the registry throws.
 */
export async function resolveForeignBuilder(request: BuilderRequest, ports: PullPorts): Promise<ResolvedBuilder> {
  const workDirectory = createWorkDirectory(ports.home);
  try {
    const found = await requireImage(
      { ...pullOptions(request), image: request.name, role: 'builder', blobs: openBlobDirectory(join(workDirectory, 'layers')) },
      ports,
    );
    const builder = readBuilderImage(found.image, found.name);
    const platformApi = builderPlatformApi(builder, found.name);
    const root = await unpackBuilder(found, workDirectory, request, ports);
    const files = readBuilderFiles(root, builder, found.name);
    const runImage = await chooseRunImage(request, files.runImages, ports);
    request.events({
      kind: 'message',
      level: 'debug',
      message: `Builder ${found.name} of ${found.place}: ${found.reference}, lifecycle ${builder.metadata.lifecycle.version}, Platform API ${formatApiVersion(platformApi)}`,
    });
    return {
      name: found.name,
      root,
      openImage: (blobs) => reopen(found, { ...pullOptions(request), image: request.name, role: 'builder', blobs }, ports),
      user: { ...builder.user, home: accountHome(root, builder.user.uid) ?? FALLBACK_HOME, ...request.user },
      env: builder.env,
      platformApi,
      ...files,
      buildpacks: [],
      extensions: [],
      mounts: [],
      ...stackOf(builder),
      runImage,
      facts: [
        { kind: 'consumed', what: 'builder-image', name: found.name, digest: found.reference },
        { kind: 'consumed', what: 'run-image', name: runImage.name, digest: runImage.image.imageId },
      ],
    };
  } finally {
    removeTree(workDirectory);
  }
}

/** What has a name and a digest opens its layers one by one. Anything else is read again: its layers have gone with the folder they were put into. */
async function reopen({ image, reference }: PulledImage, request: PullRequest, ports: PullPorts): Promise<Image> {
  if (!isDigest(reference)) return image;
  return (await requireImage({ ...request, policy: { kind: 'if-not-present' } }, ports)).image;
}

/** The part of a request that every image of a build shares. */
export function pullOptions(request: BuilderRequest) {
  const { platform, pullPolicy, insecureRegistries, events, signal } = request;
  return { platform, policy: pullPolicy, insecureRegistries, events, signal };
}

/** Two builds that start together unpack it once. */
async function unpackBuilder({ image, name }: PulledImage, workDirectory: string, { events, signal }: BuilderRequest, { home }: PullPorts): Promise<HostPath> {
  const id = `unpack-${digestHex(image.imageId)}`;
  using _lock = await acquireLock(join(home.locks, id), {
    signal,
    onWait: () => events({ kind: 'message', level: 'info', message: `Waiting for another build that unpacks "${name}"` }),
  });
  let begun = false;
  const label = `Unpacking builder "${name}"`;
  const root = await unpackImage({
    image,
    cacheDirectory: join(home.cache, 'builders'),
    workDirectory,
    events: ({ layer, layers }) => {
      if (!begun) events({ kind: 'step', id, label, finished: false });
      begun = true;
      events({ kind: 'message', level: 'debug', message: `Unpacking layer ${layer} of ${layers}` });
    },
    signal,
  });
  if (begun) events({ kind: 'step', id, label, finished: true });
  return root as HostPath;
}

function stackOf({ stackId }: BuilderImage): { readonly stackId?: string } {
  return stackId === undefined ? {} : { stackId };
}

const FALLBACK_HOME = '/home/cnb';
