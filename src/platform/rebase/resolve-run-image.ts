import { TspackError } from '../../foundation/index.ts';
import { runImageNames } from '../../lifecycle/index.ts';
import { formatFamiliarReference, imagePlatform, parseImageReference, readIndex, withDigest } from '../../oci/index.ts';
import { findImage } from '../find-image.ts';
import { parseImagePlace } from '../images/image-place.ts';
import { mirrorsOf, nearestFirst } from '../run-image-addresses.ts';
import type { LifecycleMetadataLabel } from '../../cnb/index.ts';
import type { RebaseRunImage } from '../../lifecycle/index.ts';
import type { Image, ImagePlatform } from '../../oci/index.ts';
import type { RebaseOptions, Task } from '../api.ts';
import type { FindImagePorts, FoundImage } from '../find-image.ts';
import type { RebasePorts } from '../ports.ts';

export interface RunImageRequest {
  readonly options: RebaseOptions;
  readonly app: Image;
  readonly metadata: LifecycleMetadataLabel;
  /** Run images of this registry come first. */
  readonly registry: string | undefined;
  readonly task: Task;
  readonly ports: RebasePorts;
}

/** A run image, and where it was found. */
export interface FoundRunImage extends RebaseRunImage {
  readonly place: string;
}

/**
 * The run image that was asked for, or the first of those that the label names that can be read (CNB.md C026, C174). A
 * bundled one is assembled from its builder's lock. Throws `REBASE_RUN_IMAGE_MISSING`, `REBASE_RUN_IMAGE_NOT_FOUND`.
 */
export async function resolveRunImage(request: RunImageRequest): Promise<FoundRunImage> {
  const { options, metadata, registry } = request;
  if (options.runImage !== undefined) {
    const place = parseImagePlace(options.runImage);
    if (place.kind === 'name') return await fromName(place.name, request);
    if (place.kind === 'oci') return await fromLayout(options.runImage, place, request);
    return await fromPlace(options.runImage, place.kind === 'docker' ? place.name : undefined, request);
  }
  const names = runImageNames(metadata);
  if (names.length === 0) {
    throw new TspackError({
      code: 'REBASE_RUN_IMAGE_MISSING',
      message: `Cannot rebase "${options.image}": it names no run image`,
      nextStep: 'Name one with --run-image',
    });
  }
  const mirrors = mirrorsOf(names[0]!, request.ports.runImageMirrors);
  const failures: unknown[] = [];
  for (const name of nearestFirst([...mirrors, ...names], registry)) {
    try {
      const found = await fromName(name, request);
      // The image goes on naming what others can reach too.
      return mirrors.includes(name) ? { ...found, name: names[0]! } : found;
    } catch (error) {
      if (!(error instanceof TspackError)) throw error;
      failures.push(error);
    }
  }
  if (failures.length === 1) throw failures[0];
  throw new TspackError({
    code: 'REBASE_RUN_IMAGE_NOT_FOUND',
    message: `Cannot read a run image of "${options.image}": ${failures.map((failure) => (failure as Error).message).join('; ')}`,
    nextStep: 'Name one that can be read with --run-image',
    cause: failures.at(-1),
  });
}

/**
 * By name: bundled; else the newest, which the registry has. Without an answer from there, the one of this machine does,
 * unless the image is to be published.
 */
async function fromName(name: string, request: RunImageRequest): Promise<FoundRunImage> {
  const { options, app, task, ports } = request;
  const platform = imagePlatform(app);
  const bundled = await ports.bundledRunImage(name, platform, task);
  if (bundled !== undefined) return { image: bundled.image, name: bundled.name, reference: bundled.reference, place: 'bundled' };
  let found: FoundImage;
  try {
    found = await findImage({ image: name, remote: true, insecureRegistries: options.insecureRegistries }, findPorts(ports, platform));
  } catch (error) {
    if (options.publish || !(error instanceof TspackError)) throw error;
    found = (await findHere(name, platform, ports)) ?? rethrow(error);
    task.events({ kind: 'message', level: 'warning', message: `Using run image "${name}" of ${found.place}, which may be old: ${error.message}` });
  }
  return await identify(found, name, ports);
}

async function findHere(name: string, platform: ImagePlatform, ports: RebasePorts): Promise<FoundImage | undefined> {
  const reference = parseImageReference(name);
  const local = await ports.store.read(reference, platform);
  if (local !== undefined) return { image: local, name, place: 'the local store' };
  const daemon = await ports.findDaemon();
  const loaded = await daemon?.images.read(reference, platform);
  return loaded === undefined || daemon === undefined ? undefined : { image: loaded, name, place: daemon.name };
}

/** An image in a daemon is known by its ID, every other by the digest of the manifest that it has or will have. */
async function identify({ image, place }: FoundImage, name: string, ports: RebasePorts): Promise<FoundRunImage> {
  if (image.manifest !== undefined) return { image, name, reference: digestReference(name, image), place };
  if (place !== 'the local store') return { image, name, reference: image.imageId, place };
  const distributed = await ports.store.distribute(image);
  return { image: distributed, name, reference: digestReference(name, distributed), place };
}

/** A daemon or an archive: the image is known by its ID. */
async function fromPlace(text: string, name: string | undefined, request: RunImageRequest): Promise<FoundRunImage> {
  const { image, place } = await findAt(text, request);
  return { image, ...(name === undefined ? {} : { name }), reference: image.imageId, place };
}

function findAt(text: string, { app, options, ports }: RunImageRequest): Promise<FoundImage> {
  return findImage({ image: text, remote: false, insecureRegistries: options.insecureRegistries }, findPorts(ports, imagePlatform(app)));
}

/** A layout may say what its image is called; its path is nobody's name. */
async function fromLayout(text: string, { path, tag }: { readonly path: string; readonly tag?: string }, request: RunImageRequest): Promise<FoundRunImage> {
  const { image, place } = await findAt(text, request);
  const entry = readIndex(path).find(
    ({ digest, annotations }) =>
      digest === image.manifest?.descriptor.digest && (tag === undefined || annotations?.['org.opencontainers.image.ref.name'] === tag),
  );
  const full = entry?.annotations?.['io.containerd.image.name'];
  if (full === undefined) return { image, reference: image.imageId, place };
  const name = formatFamiliarReference(parseImageReference(full));
  return { image, name, reference: digestReference(name, image), place };
}

/** `<repository>@<digest>`: the digest reference that a registry gives, in the form that the label has names. */
function digestReference(name: string, image: Image): string {
  const digest = image.manifest?.descriptor.digest;
  const reference = parseImageReference(name);
  return digest === undefined ? image.imageId : formatFamiliarReference(withDigest(reference, digest));
}

function findPorts(ports: RebasePorts, platform: ImagePlatform): FindImagePorts {
  return { home: ports.home, store: ports.store, platform, registry: ports.registry, daemon: ports.findDaemon };
}

function rethrow(error: unknown): never {
  throw error;
}
