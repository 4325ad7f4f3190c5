import { join } from 'node:path';
import { TspackError, isDigest } from '../../foundation/index.ts';
import { formatFamiliarReference, formatImageReference, formatPlatform, parseImageReference, withDigest } from '../../oci/index.ts';
import { placedPlatforms, readPlacedImage } from './archive-image.ts';
import { parseImagePlace } from './image-place.ts';
import { openPulledImages } from './pulled-images.ts';
import type { BlobDirectory, Image, ImagePlatform, ImageReference } from '../../oci/index.ts';
import type { Patience, PullPorts, PullRequest, PulledImage, RegistryImages } from './pull-ports.ts';

/**
 * The image that a builder, a run image or a buildpackage is, by the pull policy (pack's `--pull-policy`); undefined when
 * nothing has it. No layer of an image in a registry is read before somebody opens it. What a digest names is asked for
 * once. Throws what the registry throws.
 */
export async function pullImage(request: PullRequest, ports: PullPorts): Promise<PulledImage | undefined> {
  const place = parseImagePlace(request.image, ports.workingDirectory);
  if ('path' in place) {
    const { role, platform, signal } = request;
    const image = await readPlacedImage(place, request.blobs ?? ports.store.blobs, { ...ports, platform, signal });
    const others = image === undefined ? await placedPlatforms(place, { ...ports, platform, signal }) : [];
    if (others.length > 0) throw platformMissing(role, request.image, others.map(formatPlatform), platform);
    return image && { image, name: request.image, reference: image.imageId, place: `${place.kind}:${place.path}` };
  }
  const puller = new Puller(parseImageReference(place.name), request, ports);
  if (place.kind === 'docker') return await puller.fromDaemon(true);
  return await puller.byPolicy(place.name);
}

/** As {@link pullImage}. Throws `IMAGE_NOT_FOUND`, and `IMAGE_PLATFORM_MISSING` when it exists for other platforms only. */
export async function requireImage(request: PullRequest, ports: PullPorts): Promise<PulledImage> {
  const found = await pullImage(request, ports);
  if (found !== undefined) {
    requirePlatform(found, request);
    return found;
  }
  const never = request.policy.kind === 'never';
  throw new TspackError({
    code: 'IMAGE_NOT_FOUND',
    message: `Cannot find the ${request.role} "${request.image}"${never ? ' on this machine, and the pull policy is "never"' : ''}`,
    nextStep: never ? 'Use --pull-policy if-not-present' : 'Check the name',
  });
}

function requirePlatform({ image }: PulledImage, { platform, role, image: name }: PullRequest): void {
  const { os, architecture } = image.config;
  if (fits(image.config, platform)) return;
  throw platformMissing(role, name, [`${os}/${architecture}`], platform);
}

/** Packages of buildpacks need not say what they are for. */
function fits(has: ImagePlatform, wanted: ImagePlatform): boolean {
  return (has.os === '' || has.os === wanted.os) && (has.architecture === '' || has.architecture === wanted.architecture);
}

function platformMissing(role: string, name: string, has: readonly string[], platform: ImagePlatform): TspackError {
  return new TspackError({
    code: 'IMAGE_PLATFORM_MISSING',
    message: `Cannot use the ${role} "${name}" for ${platform.os}/${platform.architecture}: it is for ${has.join(', ')}`,
    nextStep: `Use an image for ${platform.os}/${platform.architecture}`,
  });
}

/** What a registry says of names that it does not have, or does not show to everybody. */
const REFUSALS: ReadonlySet<string> = new Set(['REGISTRY_UNAUTHORIZED', 'REGISTRY_DENIED', 'REGISTRY_NOT_FOUND']);

class Puller {
  readonly #reference: ImageReference;
  readonly #request: PullRequest;
  readonly #ports: PullPorts;
  readonly #blobs: BlobDirectory;
  readonly #pulled: ReturnType<typeof openPulledImages>;

  constructor(reference: ImageReference, request: PullRequest, ports: PullPorts) {
    this.#reference = reference;
    this.#request = request;
    this.#ports = ports;
    this.#blobs = request.blobs ?? ports.store.blobs;
    this.#pulled = openPulledImages({ directory: join(ports.home.cache, 'pulled'), blobs: ports.store.blobs, clock: ports.clock });
  }

  async byPolicy(text: string): Promise<PulledImage | undefined> {
    const local = () => this.#fromStore(text);
    const daemon = () => this.fromDaemon(false);
    const here = async () => this.#withKnownDigest((await local()) ?? (await daemon()));
    const remembered = () => this.#remembered();
    const { policy, registryFirst = false } = this.#request;
    if (policy.kind === 'never') return (await here()) ?? (await remembered());
    if (this.#mustAsk()) return await this.#fromRegistry(here);
    if (registryFirst) return (await remembered()) ?? (await this.#fromRegistry(here));
    return (await here()) ?? (await remembered()) ?? (await this.#fromRegistry(async () => undefined));
  }

  /** A tag may have moved since; what a digest names has not. */
  #mustAsk(): boolean {
    const { policy } = this.#request;
    if (this.#reference.digest !== undefined) return false;
    if (policy.kind === 'always' || policy.kind === 'when-reachable') return true;
    if (policy.kind !== 'interval') return false;
    const known = this.#pulled.find(this.#key());
    return known === undefined || this.#ports.clock.now().getTime() - known.asked >= policy.milliseconds;
  }

  async #fromStore(text: string): Promise<PulledImage | undefined> {
    const { store } = this.#ports;
    const byId = isDigest(text) ? await store.readById(text) : undefined;
    const image = byId ?? (await store.read(this.#reference, this.#request.platform));
    return image && this.#found(image, 'local store');
  }

  /** The image of a daemon is read as a whole, so that what is known of it is kept by the ID it has there. */
  async fromDaemon(required: boolean): Promise<PulledImage | undefined> {
    const daemon = await this.#ports.daemon(this.#request.signal);
    if (daemon === undefined) {
      if (!required) return undefined;
      throw new TspackError({
        code: 'DAEMON_UNREACHABLE',
        message: `Cannot read "${this.#request.image}": neither Docker nor Podman answers here`,
        nextStep: 'Run tspack doctor, which says why',
      });
    }
    const found = await daemon.inspect(this.#reference);
    if (found === undefined) return undefined;
    if (!fits(found.platform, this.#request.platform)) {
      if (!required) return undefined;
      throw platformMissing(this.#request.role, this.#request.image, [`${found.platform.os}/${found.platform.architecture}`], this.#request.platform);
    }
    const key = `daemon ${found.id}`;
    const load = async () => {
      this.#say('debug', `Reading "${formatFamiliarReference(this.#reference)}" from ${daemon.name}`);
      const image = await daemon.images(this.#blobs).read(this.#reference, this.#request.platform);
      if (image === undefined) throw this.#vanished(daemon.name);
      return image;
    };
    const known = this.#pulled.find(key);
    if (known !== undefined) return this.#found(this.#pulled.openWhole(known, load), daemon.name);
    const image = await load();
    this.#pulled.remember(key, image);
    return this.#found(image, daemon.name);
  }

  /** An image that a registry is known to have is called by its digest there, wherever it is read: what is built on it stays the same. */
  async #withKnownDigest(found: PulledImage | undefined): Promise<PulledImage | undefined> {
    if (found === undefined || found.image.manifest !== undefined) return found;
    const known = await this.#remembered();
    return known?.image.imageId === found.image.imageId ? { ...found, reference: known.reference } : found;
  }

  async #remembered(): Promise<PulledImage | undefined> {
    const known = this.#pulled.find(this.#key());
    if (known?.manifest === undefined) return undefined;
    const reference = this.#reference;
    const registry = () => this.#registry();
    const image = await this.#pulled.open(known, async function* (descriptor) {
      yield* (await registry()).openBlob(reference, descriptor);
    });
    return this.#found(image, `registry ${reference.registry}`);
  }

  /** Where the registry does not have it, or does not want to show it, `otherwise` may: names of local images look like names of the default registry. */
  async #fromRegistry(otherwise: () => Promise<PulledImage | undefined>, patience = this.#patience()): Promise<PulledImage | undefined> {
    try {
      return (await this.#newest(patience)) ?? (await otherwise()) ?? (await this.#forOtherPlatforms());
    } catch (error) {
      if (!(error instanceof TspackError)) throw error;
      const code = String(error.code);
      if (code === 'REGISTRY_UNREACHABLE') return await this.#unreachable(error as TspackError, otherwise, patience);
      if (!REFUSALS.has(code)) throw error;
      const found = await otherwise();
      if (found === undefined) throw error;
      return found;
    }
  }

  #patience(): Patience {
    return this.#request.policy.kind === 'when-reachable' ? 'short' : 'usual';
  }

  /** What the registry has for the platform now. A name that points where it did is not read again. */
  async #newest(patience: Patience): Promise<PulledImage | undefined> {
    const registry = await this.#registry();
    this.#say('debug', `Asking ${this.#reference.registry} for "${formatFamiliarReference(this.#reference)}"`);
    const pointed = this.#reference.digest ?? (await registry.resolve(this.#reference, patience))?.digest;
    if (pointed === undefined) return undefined;
    const known = this.#pulled.find(this.#key())?.pointed === pointed ? await this.#remembered() : undefined;
    const image = known?.image ?? (await registry.read(this.#reference, this.#request.platform));
    if (image === undefined) return undefined;
    this.#pulled.remember(this.#key(), image, pointed);
    // As it will be when nobody is asked: layers that the store has are not fetched.
    return known ?? (await this.#remembered());
  }

  /** Throws `IMAGE_PLATFORM_MISSING` when the registry has the image, but not for the platform. */
  async #forOtherPlatforms(): Promise<undefined> {
    const { platform, role, image: name } = this.#request;
    const platforms = (await (await this.#registry()).platforms(this.#reference)) ?? [];
    if (platforms.length === 0) return;
    const has = platforms.map(({ os, architecture }) => `${os}/${architecture}`);
    throw platformMissing(role, name, has, platform);
  }

  /** A policy that asks does not settle for what is here, but the user may, and who named no policy does. */
  async #unreachable(error: TspackError, otherwise: () => Promise<PulledImage | undefined>, patience: Patience): Promise<PulledImage | undefined> {
    const { role, image } = this.#request;
    const here = (await otherwise()) ?? (await this.#remembered());
    if (patience === 'short') {
      if (here === undefined) return await this.#fromRegistry(otherwise, 'usual');
      this.#say('warning', `The ${role} "${image}" may not be the newest: ${error.message}`);
      return here;
    }
    if (here === undefined) throw error;
    const nextStep = `Try again later, or use the ${role} that is on this machine with --pull-policy if-not-present`;
    throw new TspackError({ code: 'REGISTRY_UNREACHABLE', message: error.message, nextStep, cause: error });
  }

  #registry(): Promise<RegistryImages> {
    const { insecureRegistries, events, signal } = this.#request;
    return this.#ports.registry(insecureRegistries, events, signal);
  }

  #key(): string {
    const { os, architecture, variant } = this.#request.platform;
    return `${formatImageReference(this.#reference)} ${os}/${architecture}/${variant ?? ''}`;
  }

  #found(image: Image, place: string): PulledImage {
    const digest = image.manifest?.descriptor.digest;
    return {
      image,
      name: formatFamiliarReference(this.#reference),
      // What a daemon holds has no manifest of its own.
      reference: digest === undefined ? image.imageId : formatFamiliarReference(withDigest(this.#reference, digest)),
      place,
    };
  }

  #say(level: 'debug' | 'warning', message: string): void {
    this.#request.events({ kind: 'message', level, message });
  }

  #vanished(daemon: string): TspackError {
    return new TspackError({ code: 'IMAGE_NOT_FOUND', message: `Cannot read "${this.#request.image}": ${daemon} no longer has it` });
  }
}
