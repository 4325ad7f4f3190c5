import type { EventSink, TransferEvent } from '../foundation/index.ts';
import { DEFAULT_RETRY_POLICY, NO_RETRY, backOff, sleep } from '../http/index.ts';
import type { HttpBody, HttpResponse, RetryPolicy, Sleep } from '../http/index.ts';
import type { Descriptor } from '../oci/index.ts';
import type { RegistryConnection, RegistryRequest } from './connection.ts';
import { RegistryError } from './registry-error.ts';

export interface BlobUpload {
  readonly connection: RegistryConnection;
  readonly repository: string;
  readonly descriptor: Descriptor;
  readonly open: () => AsyncIterable<Uint8Array>;
  /** A repository of the same registry that may hold the blob. */
  readonly mountFrom?: string | undefined;
  readonly events?: EventSink<TransferEvent> | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly retry?: RetryPolicy | undefined;
  readonly sleep?: Sleep | undefined;
  /** Blobs up to this size go in one PUT; larger ones by PATCH, which can be resumed. */
  readonly monolithicBytes?: number | undefined;
}

const MONOLITHIC_BYTES = 4 * 1024 * 1024;
const EVENT_BYTES = 512 * 1024;

/**
 * Puts a blob into a repository (distribution-spec 1.1 `spec.md#pushing-blobs`): mounted when possible, in one PUT when
 * small, else by PATCH, going on after a broken connection where the registry says it stopped.
 * Throws {@link RegistryError}, and what `open` throws.
 */
export async function uploadBlob(upload: BlobUpload): Promise<'mounted' | 'uploaded'> {
  const policy = upload.retry ?? DEFAULT_RETRY_POLICY;
  let mountFrom = upload.mountFrom;
  for (let failures = 1; ; failures++) {
    try {
      const session = await startSession(upload, mountFrom);
      if (session === 'mounted') return 'mounted';
      if (upload.descriptor.size <= (upload.monolithicBytes ?? MONOLITHIC_BYTES)) await putWhole(upload, session);
      else await patch(upload, session, policy);
      return 'uploaded';
    } catch (error) {
      if (!(error instanceof RegistryError)) throw error;
      // Some registries answer a mount they do not allow with an error instead of an upload session.
      const refusedMount = mountFrom !== undefined && !error.transient;
      if (refusedMount) mountFrom = undefined;
      else if (failures >= policy.attempts || !(error.transient || isLostSession(error))) throw error;
      else await (upload.sleep ?? sleep)(backOff(policy, failures, Math.random()), upload.signal);
    }
  }
}

/** The registry has forgotten the upload, or has other bytes of it than it said. */
function isLostSession(error: RegistryError): boolean {
  return error.status === 416 || (error.status === 404 && !error.diagnostics.some(({ code }) => code === 'NAME_UNKNOWN'));
}

function request(upload: BlobUpload, more: Pick<RegistryRequest, 'url'> & Partial<RegistryRequest>): RegistryRequest {
  const { connection, repository, signal } = upload;
  return {
    scopes: [{ repository, actions: 'pull,push' }],
    verb: 'push to',
    target: `${connection.registry}/${repository}`,
    ...(signal === undefined ? {} : { signal }),
    ...more,
  };
}

async function startSession(upload: BlobUpload, mountFrom: string | undefined): Promise<string | 'mounted'> {
  const { connection, repository, descriptor } = upload;
  const mount = mountFrom === undefined ? '' : `?mount=${encodeURIComponent(descriptor.digest)}&from=${encodeURIComponent(mountFrom)}`;
  const response = await connection.send(
    request(upload, {
      method: 'POST',
      url: `/v2/${repository}/blobs/uploads/${mount}`,
      headers: { 'content-length': '0' },
      repeatable: true,
      ...(mountFrom === undefined
        ? {}
        : {
            scopes: [
              { repository, actions: 'pull,push' },
              { repository: mountFrom, actions: 'pull' },
            ],
          }),
    }),
  );
  await response.discard();
  return response.status === 201 && mountFrom !== undefined ? 'mounted' : locationOf(upload, response);
}

/** Where the session goes on; it may change with every answer. */
function locationOf({ connection, repository }: BlobUpload, response: HttpResponse): string {
  const location = response.headers.get('location');
  if (location !== undefined && URL.canParse(location, response.url)) return new URL(location, response.url).href;
  throw new RegistryError({
    code: 'REGISTRY_PROTOCOL',
    message: `Cannot push to ${connection.registry}/${repository}: ${connection.registry} does not say where the upload goes on`,
    registry: connection.registry,
    status: response.status,
  });
}

function withDigestParameter(location: string, { digest }: Descriptor): string {
  const url = new URL(location);
  url.searchParams.set('digest', digest);
  return url.href;
}

async function putWhole(upload: BlobUpload, location: string): Promise<void> {
  const response = await upload.connection.send(
    request(upload, {
      method: 'PUT',
      url: withDigestParameter(location, upload.descriptor),
      headers: { 'content-type': 'application/octet-stream' },
      body: bodyFrom(upload, 0),
      // A session that took part of the bytes does not take them again: a new attempt is a new session.
      retry: NO_RETRY,
    }),
  );
  await response.discard();
  tell(upload, upload.descriptor.size, true);
}

async function patch(upload: BlobUpload, started: string, policy: RetryPolicy): Promise<void> {
  const { size } = upload.descriptor;
  let location = started;
  let offset = 0;
  for (let failures = 1; offset < size;) {
    try {
      const response = await upload.connection.send(
        request(upload, {
          method: 'PATCH',
          url: location,
          headers: {
            'content-type': 'application/octet-stream',
            // The first and only part needs no range, as every registry knows from Docker.
            ...(offset === 0 ? {} : { 'content-range': `${offset}-${size - 1}` }),
          },
          body: bodyFrom(upload, offset),
          retry: NO_RETRY,
        }),
      );
      await response.discard();
      location = locationOf(upload, response);
      offset = size;
    } catch (error) {
      if (!(error instanceof RegistryError) || !error.transient) throw error;
      if (failures >= policy.attempts) throw error;
      await (upload.sleep ?? sleep)(backOff(policy, failures, Math.random()), upload.signal);
      // A registry that does not tell gets it from the beginning.
      const status = await askProgress(upload, location).catch((unknown: unknown) => {
        throw unknown instanceof RegistryError ? error : unknown;
      });
      failures = status.offset > offset ? 1 : failures + 1;
      ({ location, offset } = status);
    }
  }
  await close(upload, location);
  tell(upload, size, true);
}

async function close(upload: BlobUpload, location: string): Promise<void> {
  const { repository, descriptor } = upload;
  const put = request(upload, { method: 'PUT', url: withDigestParameter(location, descriptor), headers: { 'content-length': '0' } });
  const response = await upload.connection.send({ ...put, expect: [404] });
  await response.discard();
  if (response.status !== 404) return;
  // When the answer to a first attempt was lost, the session is over and the blob is there.
  await (await upload.connection.send(request(upload, { method: 'HEAD', url: `/v2/${repository}/blobs/${descriptor.digest}` }))).discard();
}

/** Asks a session how far it came (distribution-spec `spec.md#resuming-an-upload`, end-13). */
async function askProgress(upload: BlobUpload, location: string): Promise<{ location: string; offset: number }> {
  const response = await upload.connection.send(request(upload, { url: location }));
  await response.discard();
  const last = /^(?:bytes=)?0-(\d+)$/.exec(response.headers.get('range') ?? '')?.[1];
  // "0-0" is also how registries say that they have nothing.
  const offset = last === undefined || last === '0' ? 0 : Number(last) + 1;
  return { location: response.headers.get('location') === undefined ? location : locationOf(upload, response), offset };
}

function bodyFrom(upload: BlobUpload, offset: number): HttpBody {
  return {
    sizeBytes: upload.descriptor.size - offset,
    async *open() {
      let position = 0;
      let told = offset;
      tell(upload, offset, false);
      for await (const chunk of upload.open()) {
        const fresh = chunk.subarray(Math.min(chunk.length, Math.max(0, offset - position)));
        position += chunk.length;
        if (fresh.length === 0) continue;
        yield fresh;
        if (position - told < EVENT_BYTES) continue;
        told = position;
        tell(upload, position, false);
      }
    },
  };
}

function tell(upload: BlobUpload, doneBytes: number, finished: boolean): void {
  const { connection, repository, descriptor } = upload;
  const place = `${connection.registry}/${repository}`;
  const label = `${descriptor.digest.slice(0, 19)} to ${place}`;
  upload.events?.({ kind: 'transfer', id: `${place}@${descriptor.digest}`, label, direction: 'upload', doneBytes, totalBytes: descriptor.size, finished });
}
