import type { Digest, EventSink } from '../foundation/index.ts';
import { TspackError, isDigest, plainLine } from '../foundation/index.ts';
import type { HttpResponse } from '../http/index.ts';
import { MEDIA_TYPES, createImage, formatFamiliarReference, formatImageReference, openDockerArchive, readDockerArchive } from '../oci/index.ts';
import type { BlobDirectory, ContainerConfig, Image, ImagePlatform, ImageReference, ImageStore, LayerCompressor } from '../oci/index.ts';
import type { Daemon } from './daemon.ts';
import { MAXIMUM_WORDS, daemonError, daemonTitle } from './daemon-error.ts';
import type { DaemonErrorCode } from './daemon-error.ts';
import { readJsonLines } from './json-lines.ts';

/** A daemon that keeps images in containerd names them by manifest: not by the image ID that every other output has. */
export interface DaemonImageEvent {
  readonly kind: 'daemon-image';
  /** Of the config: what tspack reports. */
  readonly imageId: Digest;
  /** What the daemon calls it. */
  readonly daemonId: string;
}

export interface DaemonImageStoreOptions {
  readonly daemon: Daemon;
  readonly compressor: LayerCompressor;
  /** Where layers of images that are read are kept. */
  readonly blobs: BlobDirectory;
  readonly events?: EventSink<DaemonImageEvent>;
  readonly signal?: AbortSignal;
}

export interface DaemonImageStore extends ImageStore {
  /** What `read` would find, without its layers; undefined when there is none. */
  inspect(reference: ImageReference): Promise<{ readonly id: string; readonly platform: ImagePlatform } | undefined>;
  /** The image as the daemon describes it, without history and exact bytes of its config; layers are fetched when one is read. */
  open(reference: ImageReference): Promise<{ readonly id: string; readonly image: Image } | undefined>;
}

/** Unpacking a large image is silent for long. */
const LOAD_MILLISECONDS = 600_000;

/**
 * The images of a daemon (Engine API `/images`). Writing streams a docker-archive, so that image ID and tags are
 * ours. Throws `DAEMON_UNREACHABLE`, `DAEMON_REFUSED`, `DAEMON_LOAD_FAILED`.
 */
export function createDaemonImageStore(options: DaemonImageStoreOptions): DaemonImageStore {
  const { daemon, compressor, blobs } = options;
  const abort = options.signal === undefined ? {} : { signal: options.signal };
  const name = (reference: ImageReference) => encodeURI(daemonName(daemon, reference));

  async function ask(reference: ImageReference): Promise<Inspection | undefined> {
    try {
      const response = await daemon.http.request({ url: `${daemon.url}/images/${name(reference)}/json`, expect: [404], ...abort });
      if (response.status === 404) {
        await response.discard();
        return undefined;
      }
      return (await response.json()) as Inspection;
    } catch (error) {
      throw daemonError(daemon, `look up image ${formatFamiliarReference(reference)}`, error);
    }
  }

  const store: DaemonImageStore = {
    async open(reference) {
      const found = await ask(reference);
      if (found === undefined) return undefined;
      const platform = platformOf(found);
      return { id: identityOf(found), image: describedImage(found, platform, () => store.read(reference, platform)) };
    },
    async inspect(reference) {
      const found = await ask(reference);
      return found === undefined ? undefined : { id: found.Id, platform: platformOf(found) };
    },
    async read(reference, platform) {
      const found = await ask(reference);
      if (found === undefined || !fits(platformOf(found), platform)) return undefined;
      try {
        const response = await daemon.http.request({
          url: `${daemon.url}/images/${name(reference)}/get`,
          idleTimeoutMilliseconds: LOAD_MILLISECONDS,
          ...abort,
        });
        return await readDockerArchive(response.bytes(), blobs);
      } catch (error) {
        throw daemonError(daemon, `read image ${formatFamiliarReference(reference)}`, error);
      }
    },
    async write(image, references) {
      const action = `load image ${references.map(formatFamiliarReference).join(', ')}`;
      try {
        const response = await daemon.http.request({
          method: 'POST',
          url: `${daemon.url}/images/load?quiet=1`,
          headers: { 'content-type': 'application/x-tar' },
          body: { open: () => openDockerArchive([{ image, references }], compressor) },
          idleTimeoutMilliseconds: LOAD_MILLISECONDS,
          ...abort,
        });
        await checkLoad(response, action);
      } catch (error) {
        throw daemonError(daemon, action, error);
      }
      for (const reference of references) await verify(reference, image, action);
      return { mediaType: MEDIA_TYPES.ociConfig, digest: image.imageId, size: image.configBytes.length };
    },
  };
  return store;

  /** Daemons report a failed unpacking inside a 200 answer. */
  async function checkLoad(response: HttpResponse, action: string): Promise<void> {
    for await (const line of readJsonLines(response.bytes())) {
      const { error, errorDetail } = line as { error?: unknown; errorDetail?: { message?: unknown } };
      const said = typeof errorDetail?.message === 'string' ? errorDetail.message : error;
      if (typeof said === 'string') throw failed(action, plainLine(said, MAXIMUM_WORDS));
    }
  }

  async function verify(reference: ImageReference, image: Image, action: string): Promise<void> {
    const found = await ask(reference);
    if (found === undefined) throw failed(action, `it says that it did, but does not have ${formatFamiliarReference(reference)}`);
    const id = identityOf(found);
    if (id === image.imageId) return;
    const same = JSON.stringify(found.RootFS?.Layers) === JSON.stringify(image.config.rootfs.diff_ids);
    if (!isDigest(id) || !same) throw failed(action, `${formatFamiliarReference(reference)} is ${found.Id} there, want ${image.imageId}`);
    options.events?.({ kind: 'daemon-image', imageId: image.imageId, daemonId: id });
  }

  function failed(action: string, why: string): TspackError {
    return new TspackError<DaemonErrorCode>({
      code: 'DAEMON_LOAD_FAILED',
      message: `Cannot ${action}: ${daemonTitle(daemon.name)} fails: ${why}`,
      nextStep: /no space left/i.test(why) ? `Free some of the disk space of ${daemonTitle(daemon.name)}` : undefined,
    });
  }
}

interface Inspection {
  readonly Id: string;
  readonly Os?: string;
  readonly Architecture?: string;
  readonly Variant?: string;
  readonly RootFS?: { readonly Layers?: readonly string[] };
  readonly Created?: string;
  readonly Config?: ContainerConfig;
}

function identityOf({ Id }: Inspection): string {
  return Id.startsWith('sha256:') ? Id : `sha256:${Id}`;
}

/** A daemon gives out whole images only: the first layer that is read fetches all of them. */
function describedImage({ Config, Created, RootFS }: Inspection, platform: ImagePlatform, read: () => Promise<Image | undefined>): Image {
  let whole: Promise<Image | undefined> | undefined;
  const layers = (RootFS?.Layers ?? []).filter(isDigest).map((diffId) => ({
    diffId,
    async *openTar() {
      const layer = (await (whole ??= read()))?.layers.find((each) => each.diffId === diffId);
      if (layer === undefined) throw new TspackError({ code: 'BLOB_NOT_FOUND', message: `Cannot find layer ${diffId} in the daemon` });
      yield* layer.openTar();
    },
  }));
  return createImage({ config: { ...platform, ...(Created === undefined ? {} : { created: Created }), config: Config ?? {} }, layers });
}

function platformOf({ Os, Architecture, Variant }: Inspection): ImagePlatform {
  return { os: Os || 'linux', architecture: Architecture ?? '', ...(Variant ? { variant: Variant } : {}) };
}

/** Packages of buildpacks need not say an architecture. */
function fits(has: ImagePlatform, wanted: ImagePlatform): boolean {
  const isArchitecture = has.architecture === '' || has.architecture === wanted.architecture;
  return has.os === wanted.os && isArchitecture && (!wanted.variant || !has.variant || has.variant === wanted.variant);
}

/** Docker knows its Hub's images by short names, Podman by full ones. */
function daemonName({ name }: Daemon, reference: ImageReference): string {
  // An image's own ID.
  if (reference.repository === '' && reference.digest !== undefined) return reference.digest;
  if (name === 'docker') return formatFamiliarReference(reference);
  return formatImageReference(reference).replace(/^index\.docker\.io\//, 'docker.io/');
}
