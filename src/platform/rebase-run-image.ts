import { TspackError } from '../foundation/index.ts';
import { runImageNames } from '../lifecycle/index.ts';
import { formatFamiliarReference, formatImageReference, imagePlatform, parseImageReference, readIndex, withDigest } from '../oci/index.ts';
import { findImage } from './find-image.ts';
import { parseLayout } from './rebase-place.ts';
import type { LifecycleMetadataLabel } from '../cnb/index.ts';
import type { RebaseRunImage } from '../lifecycle/index.ts';
import type { Image, ImagePlatform } from '../oci/index.ts';
import type { RebaseOptions, Task } from './api.ts';
import type { FindImagePorts, FoundImage } from './find-image.ts';
import type { RebasePorts } from './ports.ts';

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
    if (options.runImage.startsWith('oci:')) return await fromLayout(options.runImage, request);
    if (options.runImage.startsWith('docker:')) return await fromDaemon(options.runImage, request);
    return await fromName(options.runImage, request);
  }
  const names = runImageNames(metadata);
  if (names.length === 0) {
    throw new TspackError({
      code: 'REBASE_RUN_IMAGE_MISSING',
      message: `Cannot rebase "${options.image}": it names no run image`,
      nextStep: 'Name one with --run-image',
    });
  }
  const isNear = (name: string) => registry !== undefined && registryOf(name) === registry;
  const failures: unknown[] = [];
  for (const name of [...names.filter(isNear), ...names.filter((each) => !isNear(each))]) {
    try {
      return await fromName(name, request);
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
  const reference = parseImageReference(name);
  const bundled = await ports.bundledRunImage(formatImageReference(reference), platform, task);
  if (bundled !== undefined) return { image: bundled, name, reference: digestReference(name, bundled), place: 'bundled' };
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

async function fromDaemon(text: string, { app, options, ports }: RunImageRequest): Promise<FoundRunImage> {
  const { image, place } = await findImage(
    { image: text, remote: false, insecureRegistries: options.insecureRegistries },
    findPorts(ports, imagePlatform(app)),
  );
  return { image, name: text.slice('docker:'.length), reference: image.imageId, place };
}

/** A layout may say what its image is called; its path is nobody's name. */
async function fromLayout(text: string, { app, options, ports }: RunImageRequest): Promise<FoundRunImage> {
  const { image, place } = await findImage(
    { image: text, remote: false, insecureRegistries: options.insecureRegistries },
    findPorts(ports, imagePlatform(app)),
  );
  const { directory, tag } = parseLayout(text);
  const entry = readIndex(directory).find(
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
  return { store: ports.store, platform, registry: ports.registry, daemon: ports.findDaemon };
}

/** undefined for a text in a label that is no name. */
function registryOf(name: string): string | undefined {
  try {
    return parseImageReference(name).registry;
  } catch {
    return undefined;
  }
}

function rethrow(error: unknown): never {
  throw error;
}
