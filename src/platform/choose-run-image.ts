import { TspackError } from '../foundation/index.ts';
import { mirrorsOf, nearestFirst } from './run-image-addresses.ts';
import { requireImage } from './images/pull-image.ts';
import type { RunImageEntry } from '../cnb/index.ts';
import type { PullPorts, PulledImage } from './images/pull-ports.ts';
import type { BuilderRequest, ResolvedBuilder } from './ports.ts';

/**
 * The run image of a build: the one the user names, else the first that the builder names, at the best of its addresses
 * (CNB.md C023, C026, C154). No byte of its layers is read. Throws `RUN_IMAGE_MISSING`, `IMAGE_NOT_FOUND`,
 * `IMAGE_PLATFORM_MISSING`, and what the registry throws.
 */
export async function chooseRunImage(request: BuilderRequest, entries: readonly RunImageEntry[], ports: PullPorts): Promise<ResolvedBuilder['runImage']> {
  const { runImage: asked } = request;
  if (asked !== undefined) {
    const found = await findRunImage(asked, request, ports);
    const entry = entries.find(({ image, mirrors }) => [image, ...mirrors].includes(found.place === 'bundled' ? found.name : asked)) ?? {
      image: found.name,
      mirrors: [],
    };
    return runImageOf(found, entry);
  }
  const [entry] = entries;
  if (entry === undefined) {
    throw new TspackError({
      code: 'RUN_IMAGE_MISSING',
      message: `Cannot build with "${request.name}": it names no run image`,
      nextStep: 'Name one with --run-image',
    });
  }
  return runImageOf(await firstReadable(entry, request, ports), entry);
}

/** The address on the registry of the app image, if it can be read there; else the first that can: the user's own, then the builder's. */
async function firstReadable(entry: RunImageEntry, request: BuilderRequest, ports: PullPorts): Promise<PulledImage> {
  const addresses = nearestFirst([...mirrorsOf(entry.image, ports.runImageMirrors), entry.image, ...entry.mirrors], request.registry);
  let failure: unknown;
  for (const address of addresses) {
    try {
      return await findRunImage(address, request, ports);
    } catch (error) {
      if (!(error instanceof TspackError)) throw error;
      failure ??= error;
      request.events({ kind: 'message', level: 'debug', message: error.message });
    }
  }
  throw failure;
}

async function findRunImage(image: string, { platform, pullPolicy, publish, insecureRegistries, events, signal }: BuilderRequest, ports: PullPorts) {
  const bundled = await ports.bundledRunImage?.(image, { platform, events, signal });
  if (bundled !== undefined) return bundled;
  return await requireImage({ image, role: 'run image', platform, policy: pullPolicy, registryFirst: publish, insecureRegistries, events, signal }, ports);
}

function runImageOf({ image, reference }: PulledImage, entry: RunImageEntry): ResolvedBuilder['runImage'] {
  return { image, name: entry.image, reference, mirrors: entry.mirrors };
}
