import { isDigest, TspackError } from '../foundation/index.ts';
import type { Digest } from '../foundation/index.ts';
import { formatFamiliarReference, parseImageReference, readLayoutArtifacts } from '../oci/index.ts';
import { readPlacedImage } from './images/archive-image.ts';
import { parseImagePlace } from './images/image-place.ts';
import type { Image, ImagePlatform, ImageReference, ImageStore } from '../oci/index.ts';
import type { Home, LocalStore } from '../store/index.ts';
import type { ImageLocation } from './api.ts';

export interface FindImagePorts {
  readonly home: Home;
  readonly store: LocalStore;
  readonly platform: ImagePlatform;
  /** Relative paths are against it. */
  readonly workingDirectory?: string;
  readonly registry: () => Promise<ReferringStore>;
  /** undefined when no daemon answers. */
  readonly daemon: () => Promise<{ readonly name: string; readonly images: ImageStore } | undefined>;
  readonly signal?: AbortSignal;
}

export interface FoundImage {
  readonly image: Image;
  readonly name: string;
  /** `local store`, `Docker`, `registry example.com`, `oci:<dir>`. */
  readonly place: string;
  /** A file of this type that refers to the image, from where it was found; absent where there cannot be any. */
  readonly artifact?: (mediaType: string) => Promise<Uint8Array | undefined>;
}

/** Registries know what refers to their images. */
type ReferringStore = ImageStore & {
  readonly readArtifact?: (place: ImageReference, subject: Digest, artifactType: string) => Promise<Uint8Array | undefined>;
};

/**
 * The image that a user means: by name, image ID or manifest digest in the local store, then the daemon, then the
 * registry; `docker:<name>`, `oci:<dir>[:<tag>]`, `oci-archive:<file>` and `docker-archive:<file>` say where. Throws
 * `IMAGE_NOT_FOUND`.
 */
export async function findImage(location: ImageLocation, ports: FindImagePorts): Promise<FoundImage> {
  const place = parseImagePlace(location.image, ports.workingDirectory);
  if ('path' in place) {
    const image = await readPlacedImage(place, ports.store.blobs, ports);
    if (image === undefined) return notFound(location.image, [place.path]);
    const found = { image, name: location.image, place: `${place.kind}:${place.path}` };
    const subject = image.manifest?.descriptor.digest;
    if (place.kind !== 'oci' || subject === undefined) return found;
    return { ...found, artifact: (mediaType) => Promise.resolve(readLayoutArtifacts(place.path, subject, mediaType).at(-1)) };
  }
  return place.kind === 'docker' ? await findInDaemon(place.name, ports) : await findByName(place.name, location.remote, ports);
}

async function findInDaemon(name: string, ports: FindImagePorts): Promise<FoundImage> {
  const daemon = await ports.daemon();
  if (daemon === undefined) {
    throw new TspackError({
      code: 'DAEMON_UNREACHABLE',
      message: `Cannot read "docker:${name}": neither Docker nor Podman answers here`,
      nextStep: 'Run tspack doctor, which says why',
    });
  }
  return (await readFrom(daemon.images, parseImageReference(name), daemon.name, ports)) ?? notFound(name, [daemon.name]);
}

async function findByName(text: string, remote: boolean, ports: FindImagePorts): Promise<FoundImage> {
  const byDigest = remote ? undefined : await findById(text, ports);
  if (byDigest !== undefined) return byDigest;
  const reference = parseImageReference(text);
  const places: string[] = [];
  if (!remote) {
    const local = await readFrom(ports.store, reference, 'local store', ports);
    if (local !== undefined) return local;
    places.push('the local store');
    const daemon = await ports.daemon();
    const loaded = daemon && (await readFrom(daemon.images, reference, daemon.name, ports));
    if (loaded !== undefined) return loaded;
    if (daemon !== undefined) places.push(daemon.name);
  }
  places.push(`the registry ${reference.registry}`);
  const place = `registry ${reference.registry}`;
  try {
    return (await readFrom(await ports.registry(), reference, place, ports)) ?? notFound(text, places);
  } catch (error) {
    // A name that was only ever local should not end in a lecture about somebody's registry.
    if (remote || !(error instanceof TspackError) || error.code === 'IMAGE_NOT_FOUND') throw error;
    return notFound(text, places, error);
  }
}

/** `sha256:...` or the first digits of an image ID or manifest digest. */
async function findById(text: string, ports: FindImagePorts): Promise<FoundImage | undefined> {
  const digits = isDigest(text) ? text.slice('sha256:'.length) : text;
  if (!/^[0-9a-f]{6,64}$/.test(digits)) return undefined;
  const found = ports.store.findByDigest(digits);
  const ids = new Set(found.map(({ imageId }) => imageId));
  if (ids.size > 1) {
    throw new TspackError({
      code: 'IMAGE_AMBIGUOUS',
      message: `Cannot choose an image by "${text}": ${ids.size} begin so`,
      nextStep: 'Give more digits or the name',
    });
  }
  const [first] = found;
  const image = first && (await ports.store.readById(first.imageId));
  return image === undefined || first === undefined ? undefined : { image, name: formatFamiliarReference(first.reference), place: 'local store' };
}

async function readFrom(store: ReferringStore, reference: ImageReference, place: string, ports: FindImagePorts): Promise<FoundImage | undefined> {
  const image = await store.read(reference, ports.platform);
  if (image === undefined) return undefined;
  const found = { image, name: formatFamiliarReference(reference), place };
  const subject = image.manifest?.descriptor.digest;
  const { readArtifact } = store;
  return readArtifact === undefined || subject === undefined ? found : { ...found, artifact: (mediaType) => readArtifact(reference, subject, mediaType) };
}

function notFound(name: string, places: readonly string[], cause?: unknown): never {
  throw new TspackError({
    code: 'IMAGE_NOT_FOUND',
    message: `Cannot find image "${name}" in ${places.join(' or ')}${cause instanceof Error ? `: ${cause.message}` : ''}`,
    nextStep: 'Check the name, or build the image first',
    cause,
  });
}
