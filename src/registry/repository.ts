import type { Digest, EventSink } from '../foundation/index.ts';
import { TspackError, digestOf } from '../foundation/index.ts';
import { HttpError, bytesBody, readResumable } from '../http/index.ts';
import type { RetryPolicy, Sleep } from '../http/index.ts';
import { MAXIMUM_MANIFEST_BYTES, MEDIA_TYPES, collectBytes, parseManifestIndex, verifyContent } from '../oci/index.ts';
import type { ContentStore, Descriptor } from '../oci/index.ts';
import type { RegistryConnection, RegistryRequest } from './connection.ts';
import type { RegistryEvent } from './events.ts';
import { RegistryError, registryError } from './registry-error.ts';
import { uploadBlob } from './upload.ts';

/** A repository of a registry: blobs and manifests by digest, manifests also by tag. */
export interface RegistryRepository extends ContentStore {
  /** A manifest or index by tag or digest; undefined when there is none. Verified. Throws {@link RegistryError}, `DIGEST_MISMATCH`. */
  fetchManifest(reference: string): Promise<{ readonly descriptor: Descriptor; readonly bytes: Uint8Array } | undefined>;
  /** What a tag or digest points to, without reading it. */
  resolveManifest(reference: string): Promise<Descriptor | undefined>;
  /** Everything the manifest names must be here already. Says whether the registry lists it as a referrer of its subject. */
  putManifest(reference: string, descriptor: Descriptor, bytes: Uint8Array): Promise<{ readonly isReferrer: boolean }>;
  /** What refers to a manifest; undefined when the registry does not list that. */
  fetchReferrers(subject: Digest): Promise<readonly Descriptor[] | undefined>;
  /** Not verified: for callers that do it themselves. Survives broken connections. */
  openBlob(descriptor: Descriptor): AsyncIterable<Uint8Array>;
  /** Throws `REGISTRY_UNAUTHORIZED` or `REGISTRY_DENIED` when nothing could be pushed here. */
  verifyPushAccess(): Promise<void>;
}

export interface RepositoryOptions {
  connect(): Promise<RegistryConnection>;
  readonly registry: string;
  readonly repository: string;
  /** A repository of the same registry that is known to hold a blob. */
  originOf(digest: Digest): string | undefined;
  readonly events?: EventSink<RegistryEvent> | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly retry?: RetryPolicy | undefined;
  readonly sleep?: Sleep | undefined;
  readonly monolithicBytes?: number | undefined;
}

const MANIFEST_TYPES: readonly string[] = [MEDIA_TYPES.ociManifest, MEDIA_TYPES.ociIndex, MEDIA_TYPES.dockerManifest, MEDIA_TYPES.dockerManifestList];

export function createRepository(options: RepositoryOptions): RegistryRepository {
  const { registry, repository } = options;
  const place = `${registry}/${repository}`;
  /** Digests that are known to be here: what was asked, read or pushed once is not asked again. */
  const present = new Set<string>();
  const pushing = new Map<string, Promise<void>>();

  async function send(request: Pick<RegistryRequest, 'url' | 'verb'> & Partial<RegistryRequest>) {
    const connection = await options.connect();
    const { signal } = options;
    return connection.send({ scopes: [{ repository, actions: 'pull' }], target: place, ...(signal === undefined ? {} : { signal }), ...request });
  }

  async function head(url: string, verb: string, target: string, accept?: string) {
    const response = await send({ method: 'HEAD', url, verb, target, expect: [404], ...(accept === undefined ? {} : { headers: { accept } }) });
    await response.discard();
    return response.status === 404 ? undefined : response;
  }

  async function has(descriptor: Descriptor): Promise<boolean> {
    if (present.has(descriptor.digest)) return true;
    const kind = isManifest(descriptor) ? 'manifests' : 'blobs';
    const accept = isManifest(descriptor) ? descriptor.mediaType : undefined;
    const found = (await head(`/v2/${repository}/${kind}/${descriptor.digest}`, 'read', place, accept)) !== undefined;
    if (found) present.add(descriptor.digest);
    return found;
  }

  async function* openBlob(descriptor: Descriptor): AsyncGenerator<Uint8Array> {
    const target = `${place}@${descriptor.digest}`;
    try {
      yield* readResumable({
        client: { request: ({ url, ...request }) => send({ ...request, url, verb: 'read', target }) },
        request: { url: `/v2/${repository}/blobs/${descriptor.digest}` },
        sizeBytes: descriptor.size,
        ...(options.retry === undefined ? {} : { retry: options.retry }),
        ...(options.sleep === undefined ? {} : { sleep: options.sleep }),
      });
    } catch (error) {
      if (error instanceof HttpError) throw registryError({ verb: 'read', target, registry, credential: undefined }, error);
      if (error instanceof RegistryError && error.status === 404) {
        throw new TspackError({
          code: 'BLOB_NOT_FOUND',
          message: `Cannot find blob ${descriptor.digest} in ${place}`,
          nextStep: 'Try again; if it stays, push the image again',
          cause: error,
        });
      }
      throw error;
    }
  }

  async function fetchManifest(reference: string) {
    const target = `${place}${reference.includes(':') ? '@' : ':'}${reference}`;
    const response = await send({
      url: `/v2/${repository}/manifests/${reference}`,
      verb: 'read',
      target,
      expect: [404],
      headers: { accept: MANIFEST_TYPES.join(', ') },
    });
    if (response.status === 404) {
      await response.discard();
      return undefined;
    }
    const bytes = await collectBytes(response.bytes(), MAXIMUM_MANIFEST_BYTES, `manifest ${target}`);
    const digest = digestOf(bytes);
    const claimed = reference.includes(':') ? reference : response.headers.get('docker-content-digest');
    if (claimed !== undefined && claimed.startsWith('sha256:') && claimed !== digest) {
      throw new TspackError({
        code: 'DIGEST_MISMATCH',
        message: `Cannot use manifest ${target}: its digest is ${digest}, want ${claimed}`,
        nextStep: `Try again; if it stays, ${registry} is damaged or lies`,
      });
    }
    present.add(digest);
    return { descriptor: { mediaType: mediaTypeOf(response.headers.get('content-type'), bytes), digest, size: bytes.length }, bytes };
  }

  async function putManifest(reference: string, descriptor: Descriptor, bytes: Uint8Array) {
    const target = `${place}${reference.includes(':') ? '@' : ':'}${reference}`;
    const response = await send({
      method: 'PUT',
      url: `/v2/${repository}/manifests/${reference}`,
      verb: 'push',
      target,
      scopes: [{ repository, actions: 'pull,push' }],
      headers: { 'content-type': descriptor.mediaType },
      body: bytesBody(bytes),
    });
    await response.discard();
    const stored = response.headers.get('docker-content-digest');
    if (stored !== undefined && stored.startsWith('sha256:') && stored !== descriptor.digest) {
      throw new RegistryError({
        code: 'REGISTRY_PROTOCOL',
        message: `Cannot push ${target}: ${registry} stored ${stored} instead of ${descriptor.digest}`,
        registry,
        status: response.status,
      });
    }
    present.add(descriptor.digest);
    return { isReferrer: response.headers.get('oci-subject') !== undefined };
  }

  async function fetchReferrers(subject: Digest) {
    const target = `${place}@${subject}`;
    const response = await send({
      url: `/v2/${repository}/referrers/${subject}`,
      verb: 'read what refers to',
      target,
      expect: [404],
      headers: { accept: MEDIA_TYPES.ociIndex },
    });
    if (response.status === 404) {
      await response.discard();
      return undefined;
    }
    // Others than the registry's API answer 200 to anything: what is no index is no list.
    const bytes = await collectBytes(response.bytes(), MAXIMUM_MANIFEST_BYTES, `referrers of ${target}`);
    return parseManifestIndex(bytes)?.manifests;
  }

  async function pushBlob(descriptor: Descriptor, open: () => AsyncIterable<Uint8Array>) {
    const tell = (outcome: 'present' | 'mounted' | 'uploaded') =>
      options.events?.({ kind: 'registry-blob', outcome, repository: place, digest: descriptor.digest, sizeBytes: descriptor.size });
    if (await has(descriptor)) return tell('present');
    const outcome = await uploadBlob({
      connection: await options.connect(),
      repository,
      descriptor,
      open,
      mountFrom: options.originOf(descriptor.digest),
      events: options.events,
      signal: options.signal,
      retry: options.retry,
      sleep: options.sleep,
      monolithicBytes: options.monolithicBytes,
    });
    present.add(descriptor.digest);
    tell(outcome);
  }

  return {
    has,
    async *open(descriptor) {
      if (!isManifest(descriptor)) {
        yield* verifyContent(openBlob(descriptor), descriptor, `${place}@${descriptor.digest}`);
        return;
      }
      const manifest = await fetchManifest(descriptor.digest);
      if (manifest === undefined) throw new TspackError({ code: 'BLOB_NOT_FOUND', message: `Cannot find manifest ${descriptor.digest} in ${place}` });
      yield manifest.bytes;
    },
    async push(descriptor, open) {
      if (isManifest(descriptor)) {
        if (await has(descriptor)) return;
        const what = `manifest ${descriptor.digest}`;
        await putManifest(descriptor.digest, descriptor, await collectBytes(verifyContent(open(), descriptor, what), MAXIMUM_MANIFEST_BYTES, what));
        return;
      }
      const running = pushing.get(descriptor.digest) ?? pushBlob(descriptor, open).finally(() => pushing.delete(descriptor.digest));
      pushing.set(descriptor.digest, running);
      await running;
    },
    fetchManifest,
    async resolveManifest(reference) {
      const response = await head(`/v2/${repository}/manifests/${reference}`, 'read', `${place}:${reference}`, MANIFEST_TYPES.join(', '));
      if (response === undefined) return undefined;
      const digest = response.headers.get('docker-content-digest');
      const size = Number(response.headers.get('content-length'));
      const mediaType = response.headers.get('content-type')?.split(';')[0]?.trim();
      // The headers are optional in the specification: without them the manifest itself must tell.
      if (digest === undefined || !/^sha256:[0-9a-f]{64}$/.test(digest) || !(size > 0) || mediaType === undefined)
        return (await fetchManifest(reference))?.descriptor;
      return { mediaType, digest: digest as Digest, size };
    },
    putManifest,
    fetchReferrers,
    openBlob,
    async verifyPushAccess() {
      const request = { verb: 'push to', scopes: [{ repository, actions: 'pull,push' }] } as const;
      const started = await send({ ...request, method: 'POST', url: `/v2/${repository}/blobs/uploads/`, headers: { 'content-length': '0' }, repeatable: true });
      await started.discard();
      const location = started.headers.get('location');
      if (location === undefined || !URL.canParse(location, started.url)) return;
      // The open session is a courtesy to take back; a registry that cannot, forgets it by itself.
      const ended = await send({ ...request, method: 'DELETE', url: new URL(location, started.url).href }).catch(() => undefined);
      await ended?.discard();
    },
  };
}

function isManifest({ mediaType }: Descriptor): boolean {
  return MANIFEST_TYPES.includes(mediaType);
}

/** What the manifest says it is, else what the registry says. */
function mediaTypeOf(contentType: string | undefined, bytes: Uint8Array): string {
  const announced = contentType?.split(';')[0]?.trim() ?? '';
  if (MANIFEST_TYPES.includes(announced)) return announced;
  try {
    const { mediaType } = JSON.parse(Buffer.from(bytes).toString('utf8')) as { mediaType?: unknown };
    if (typeof mediaType === 'string') return mediaType;
  } catch {
    // What is not JSON is refused with a better message when it is parsed.
  }
  return announced;
}
