import type { Clock, Digest, EventSink } from '../foundation/index.ts';
import { TspackError } from '../foundation/index.ts';
import type { HttpClient, RetryPolicy, Sleep } from '../http/index.ts';
import {
  MEDIA_TYPES,
  collectBytes,
  configDescriptor,
  createManifest,
  formatImageReference,
  imageFromManifest,
  parseManifest,
  parseManifestIndex,
  selectManifest,
} from '../oci/index.ts';
import type { Artifact, Descriptor, Image, ImagePlatform, ImageReference, ImageStore, Layer, LayerCompressor, ManifestBytes } from '../oci/index.ts';
import type { FindCertificates } from './certificates.ts';
import { connectRegistry } from './connection.ts';
import type { RegistryConnection } from './connection.ts';
import type { RegistryEvent } from './events.ts';
import { canonicalRegistry } from './keychain.ts';
import type { Keychain } from './keychain.ts';
import { createLimit, settleAll } from './limit.ts';
import { createMirroredRepository } from './mirrored-repository.ts';
import type { MirrorRepository, ReadableRepository } from './mirrored-repository.ts';
import type { Mirrors, RepositoryPlace } from './mirrors.ts';
import { attachReferrer, listReferrers } from './referrers.ts';
import { createRepository } from './repository.ts';
import type { RegistryRepository } from './repository.ts';

/** Images in registries, any number of them. */
export interface RegistryStore extends ImageStore {
  /** The content level: one repository, never a mirror of it. Answers are remembered for the life of the store. */
  repository(reference: Pick<ImageReference, 'registry' | 'repository'>): RegistryRepository;
  /** What a reference points to, an index included; undefined when it does not exist. */
  resolve(reference: ImageReference): Promise<Descriptor | undefined>;
  /** A blob of an image, from wherever it can be read. Not verified. */
  openBlob(place: RepositoryPlace, descriptor: Descriptor): AsyncIterable<Uint8Array>;
  /** The platforms of an image; undefined when it does not exist, empty when it does not say. */
  platforms(reference: ImageReference): Promise<readonly ImagePlatform[] | undefined>;
  /** The index that a reference points to; undefined when it does not exist or is one image. */
  readIndex(reference: ImageReference): Promise<ManifestBytes | undefined>;
  /** Adds an artifact that refers to a manifest of the repository. */
  attach(place: Pick<ImageReference, 'registry' | 'repository'>, subject: Digest, artifact: Artifact): Promise<void>;
  /** The file of the last artifact of this type that refers to a manifest; undefined when there is none. */
  readArtifact(place: Pick<ImageReference, 'registry' | 'repository'>, subject: Digest, artifactType: string): Promise<Uint8Array | undefined>;
  /** The images that it names must be there already. */
  writeIndex(index: ManifestBytes, references: readonly ImageReference[]): Promise<void>;
}

export interface RegistryStoreOptions {
  readonly http: Pick<HttpClient, 'request'>;
  readonly keychain: Keychain;
  /** Of registries; none by default. */
  readonly certificates?: FindCertificates;
  readonly clock: Clock;
  readonly compressor: LayerCompressor;
  /** `host[:port]` of registries that may speak plain HTTP; those on the loopback interface always may. */
  readonly insecureRegistries?: readonly string[];
  /** Where images are read first. Nothing is ever written there. */
  readonly mirrors?: Mirrors;
  /** Repositories that are known to hold a blob, so that it is mounted instead of uploaded. */
  readonly blobOrigins?: (digest: Digest) => readonly Pick<ImageReference, 'registry' | 'repository'>[];
  readonly events?: EventSink<RegistryEvent>;
  readonly signal?: AbortSignal;
  readonly retry?: RetryPolicy;
  readonly sleep?: Sleep;
  /** Blobs up to this size go in one PUT. */
  readonly monolithicBytes?: number;
}

/** Files of artifacts are read into memory. */
const MAXIMUM_ARTIFACT_BYTES = 268_435_456;
/** So many blobs are compressed and uploaded at once. */
const TRANSFERS = 4;
/** Questions are small; so many are asked at once. */
const QUESTIONS = 16;
/** An index in an index in an index: no deeper. */
const INDEX_DEPTH = 3;

/**
 * Images in registries (distribution-spec 1.1). It connects when first used. Writing puts layers first, then config,
 * manifest and tags; what a registry has already is not sent again. Throws `RegistryError`.
 */
export function createRegistryStore(options: RegistryStoreOptions): RegistryStore {
  const connections = new Map<string, Promise<RegistryConnection>>();
  const repositories = new Map<string, RegistryRepository>();
  /** Repositories in which this store has seen a blob. */
  const seen = new Map<Digest, { registry: string; repository: string }[]>();
  const outOfOrder = new Set<string>();
  const transfer = createLimit(TRANSFERS);
  const question = createLimit(QUESTIONS);

  function connect(registry: string): Promise<RegistryConnection> {
    const { http, keychain, certificates, clock, insecureRegistries = [], signal } = options;
    const known = connections.get(registry);
    if (known !== undefined) return known;
    const connection = connectRegistry(registry, { http, keychain, certificates, clock, insecureRegistries, signal });
    connections.set(registry, connection);
    connection.catch(() => connections.delete(registry));
    return connection;
  }

  function repository({ registry, repository: name }: Pick<ImageReference, 'registry' | 'repository'>): RegistryRepository {
    const key = `${registry}/${name}`;
    const known = repositories.get(key);
    if (known !== undefined) return known;
    const { events, signal, retry, sleep, monolithicBytes } = options;
    const made = createRepository({
      connect: () => connect(registry),
      registry,
      repository: name,
      originOf: (digest) => originOf(digest, registry, name),
      events,
      signal,
      retry,
      sleep,
      monolithicBytes,
    });
    repositories.set(key, made);
    return made;
  }

  /** The repository for reading alone. */
  function readable(place: RepositoryPlace): ReadableRepository {
    const mirrors = options.mirrors?.(place) ?? [];
    return mirrors.length === 0 ? repository(place) : createMirroredRepository(repository(place), mirrors.map(mirrorAt));
  }

  /** One that fails is left alone from then on: asking it again and again would only take time. */
  function mirrorAt(place: RepositoryPlace): MirrorRepository {
    const name = `${place.registry}/${place.repository}`;
    return {
      ...repository(place),
      isOut: () => outOfOrder.has(name),
      fail(error) {
        if (outOfOrder.has(name)) return;
        outOfOrder.add(name);
        options.events?.({ kind: 'mirror-failed', mirror: name, reason: error.message });
      },
    };
  }

  function originOf(digest: Digest, registry: string, name: string): string | undefined {
    const places = [...(seen.get(digest) ?? []), ...(options.blobOrigins?.(digest) ?? [])];
    return places.find((place) => canonicalRegistry(place.registry) === canonicalRegistry(registry) && place.repository !== name)?.repository;
  }

  function remember(image: Image, { registry, repository: name }: ImageReference): void {
    for (const descriptor of [configDescriptor(image), ...image.layers.map(({ blob }) => blob)]) {
      if (descriptor !== undefined) seen.set(descriptor.digest, [...(seen.get(descriptor.digest) ?? []), { registry, repository: name }]);
    }
  }

  async function pushTo(reference: ImageReference, image: Image): Promise<readonly CompressedLayer[]> {
    const place = repository(reference);
    let failed = false;
    const layers = await settleAll(
      image.layers.map(async (layer) => {
        // A blob that is there already need not be made.
        if (layer.blob !== undefined) {
          const { blob } = layer;
          if (isForeign(blob) || (await question(() => place.has(blob)))) return layer as CompressedLayer;
        }
        return transfer(async () => {
          // After a failure, what has not begun would only make the user wait for the message.
          if (failed) return layer as CompressedLayer;
          try {
            const compressed = await options.compressor.compress(layer);
            await place.push(compressed.blob, compressed.openBlob);
            return compressed;
          } catch (error) {
            failed = true;
            throw error;
          }
        });
      }),
    );
    await place.push(configDescriptor(image), async function* () {
      yield image.configBytes;
    });
    return layers;
  }

  return {
    repository,
    openBlob: (place, descriptor) => readable(place).openBlob(descriptor),
    resolve: (reference) => readable(reference).resolveManifest(tagOrDigest(reference)),
    readIndex: async (reference) => {
      const found = await readable(reference).fetchManifest(tagOrDigest(reference));
      return found === undefined || parseManifestIndex(found.bytes) === undefined ? undefined : found;
    },
    async writeIndex(index, references) {
      for (const reference of references) await putReference(repository(reference), reference, index);
    },
    attach: (place, subject, artifact) => attachReferrer(repository(place), subject, artifact),
    async readArtifact(reference, subject, artifactType) {
      const place = repository(reference);
      const found = (await listReferrers(place, subject, artifactType)).at(-1);
      const manifest = found === undefined ? undefined : await place.fetchManifest(found.digest);
      const file = manifest === undefined ? undefined : parseManifest(manifest.bytes).layers[0];
      return file === undefined ? undefined : await collectBytes(place.open(file), MAXIMUM_ARTIFACT_BYTES, `artifact ${file.digest}`);
    },
    async platforms(reference) {
      const found = await readable(reference).fetchManifest(tagOrDigest(reference));
      if (found === undefined) return undefined;
      return parseManifestIndex(found.bytes)?.manifests.flatMap(({ platform }) => (platform === undefined ? [] : [platform])) ?? [];
    },
    async read(reference, platform) {
      const place = readable(reference);
      let found = await place.fetchManifest(tagOrDigest(reference));
      for (let depth = 0; found !== undefined; depth++) {
        const index = parseManifestIndex(found.bytes);
        if (index === undefined) {
          const image = await imageFromManifest(found.bytes, found.descriptor, (descriptor) => place.openBlob(descriptor));
          remember(image, reference);
          return { ...image, layers: image.layers.map((layer) => withPresence(layer, place)) };
        }
        const chosen = selectManifest(index, platform);
        if (chosen === undefined || depth === INDEX_DEPTH) return undefined;
        found = await place.fetchManifest(chosen.digest);
      }
      return undefined;
    },
    async write(image, references) {
      if (references.length === 0) throw new Error('An image is written to at least one reference');
      let manifest: ReturnType<typeof createManifest> | undefined;
      for (const group of groupByRepository(references)) {
        const layers = await pushTo(group[0]!, image);
        manifest ??= createManifest(image, layers);
        remember({ ...image, layers }, group[0]!);
        for (const reference of group) await putReference(repository(reference), reference, manifest);
      }
      return manifest!.descriptor;
    },
  };
}

type CompressedLayer = Layer & Required<Pick<Layer, 'blob'>>;

/** A layer that can be asked for: images outlive the blobs that a registry throws away. */
function withPresence(layer: Layer, place: ReadableRepository): Layer {
  const { blob } = layer;
  return blob === undefined || isForeign(blob) ? layer : { ...layer, isPresent: () => place.has(blob) };
}

/** Layers that their makers allow nobody to pass on stay where they are. */
function isForeign(blob: Descriptor): boolean {
  return blob.mediaType === MEDIA_TYPES.dockerForeignLayer || (blob.urls?.length ?? 0) > 0;
}

function tagOrDigest(reference: ImageReference): string {
  return reference.digest ?? reference.tag ?? 'latest';
}

function groupByRepository(references: readonly ImageReference[]): readonly (readonly ImageReference[])[] {
  const groups = new Map<string, ImageReference[]>();
  for (const reference of references) {
    const key = `${reference.registry}/${reference.repository}`;
    groups.set(key, [...(groups.get(key) ?? []), reference]);
  }
  return [...groups.values()];
}

async function putReference(place: RegistryRepository, reference: ImageReference, manifest: ManifestBytes): Promise<void> {
  const { descriptor, bytes } = manifest;
  if (reference.digest !== undefined && reference.digest !== descriptor.digest) {
    throw new TspackError({ code: 'DIGEST_MISMATCH', message: `Cannot push to ${formatImageReference(reference)}: the image has digest ${descriptor.digest}` });
  }
  await place.putManifest(reference.tag ?? descriptor.digest, descriptor, bytes);
}
