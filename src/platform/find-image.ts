import { isDigest, TspackError } from '../foundation/index.ts';
import { formatFamiliarReference, openLayoutStore, parseImageReference } from '../oci/index.ts';
import type { Image, ImagePlatform, ImageReference, ImageStore } from '../oci/index.ts';
import type { LocalStore } from '../store/index.ts';
import type { ImageLocation } from './api.ts';

export interface FindImagePorts {
  readonly store: LocalStore;
  readonly platform: ImagePlatform;
  readonly registry: () => Promise<ImageStore>;
  /** undefined when no daemon answers. */
  readonly daemon: () => Promise<{ readonly name: string; readonly images: ImageStore } | undefined>;
}

export interface FoundImage {
  readonly image: Image;
  readonly name: string;
  /** `local store`, `Docker`, `registry example.com`, `oci:<dir>`. */
  readonly place: string;
}

/**
 * The image that a user means: by name, image ID or manifest digest in the local store, then the daemon, then the
 * registry; `oci:<dir>[:<tag>]` and `docker:<name>` say where. Throws `IMAGE_NOT_FOUND`.
 */
export async function findImage(location: ImageLocation, ports: FindImagePorts): Promise<FoundImage> {
  const { image: text, remote } = location;
  if (text.startsWith('oci:')) return await findInLayout(text, ports);
  if (text.startsWith('docker:')) {
    const daemon = await ports.daemon();
    if (daemon === undefined) {
      throw new TspackError({
        code: 'DAEMON_UNREACHABLE',
        message: `Cannot read "${text}": neither Docker nor Podman answers here`,
        nextStep: 'Run tspack doctor, which says why',
      });
    }
    const name = text.slice('docker:'.length);
    return (await readFrom(daemon.images, parseImageReference(name), daemon.name, ports)) ?? notFound(name, [daemon.name]);
  }
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

async function findInLayout(text: string, ports: FindImagePorts): Promise<FoundImage> {
  const path = text.slice('oci:'.length);
  const colon = path.lastIndexOf(':');
  const tagged = colon > path.lastIndexOf('/');
  const directory = tagged ? path.slice(0, colon) : path;
  const layout = openLayoutStore({ directory, compressor: ports.store.compressor });
  const image = tagged ? await layout.readTag(path.slice(colon + 1), ports.platform) : await layout.readOnly(ports.platform);
  return image === undefined ? notFound(text, [directory]) : { image, name: text, place: `oci:${directory}` };
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

async function readFrom(store: ImageStore, reference: ImageReference, place: string, ports: FindImagePorts): Promise<FoundImage | undefined> {
  const image = await store.read(reference, ports.platform);
  return image === undefined ? undefined : { image, name: formatFamiliarReference(reference), place };
}

function notFound(name: string, places: readonly string[], cause?: unknown): never {
  throw new TspackError({
    code: 'IMAGE_NOT_FOUND',
    message: `Cannot find image "${name}" in ${places.join(' or ')}${cause instanceof Error ? `: ${cause.message}` : ''}`,
    nextStep: 'Check the name, or build the image first',
    cause,
  });
}
