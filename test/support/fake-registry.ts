import { createHash, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { testServerTls } from './test-server.ts';

/** What the registry does wrong or asks for. May be changed between requests. */
export interface FakeRegistrySwitches {
  auth: 'none' | 'basic' | 'bearer';
  username: string;
  password: string;
  identityToken: string;
  /** A token is refused after so many requests. */
  tokenUses: number;
  /** Answers to give instead of the right one, each used once; a function sees the request. */
  failures: {
    readonly when: (method: string, path: string) => boolean;
    readonly status: number;
    readonly headers?: Record<string, string>;
    readonly body?: string;
  }[];
  /** Cut the connection after so many bytes of an upload's body, one entry per body. */
  dropUploads: number[];
  /** Cut the connection after so many bytes of a blob, one entry per answer. */
  dropDownloads: number[];
  /** Forget an upload whose connection broke. */
  forgetBrokenUploads: boolean;
  /** Answer how far an upload came. */
  tellProgress: boolean;
  /** Keep so many finished uploads, but cut the connection instead of saying so. */
  loseUploadAnswers: number;
  /** `session` answers a mount with an upload session, `error` with 403. */
  mounts: 'yes' | 'session' | 'error';
  /** Change a byte of every blob and manifest that is served. */
  lieAboutContent: boolean;
  /** Send the reader of a blob to a server of another origin. */
  redirectBlobs: boolean;
  /** `refused` answers them with 416. */
  ranges: boolean | 'refused';
  /** Neither `Docker-Content-Digest` nor `Content-Length` on manifests. */
  terse: boolean;
  /** The referrers API of 1.1. */
  referrers: boolean;
}

export interface FakeRegistry extends AsyncDisposable {
  /** `127.0.0.1:<port>`, as in an image reference. */
  readonly host: string;
  readonly switches: FakeRegistrySwitches;
  /** `GET /v2/…`, without query, in order. */
  readonly requests: readonly string[];
  /** Rules of the specification that the client broke. */
  readonly violations: readonly string[];
  /** Bytes of blob uploads that arrived. */
  readonly uploadedBytes: () => number;
  readonly blob: (repository: string, digest: string) => Buffer | undefined;
  /** Loses a blob, as registries do that clean up too much. */
  readonly forgetBlob: (repository: string, digest: string) => void;
  readonly manifest: (repository: string, reference: string) => { readonly mediaType: string; readonly bytes: Buffer } | undefined;
  readonly putBlob: (repository: string, bytes: Uint8Array) => string;
  readonly putManifest: (repository: string, reference: string, mediaType: string, bytes: Uint8Array) => string;
  readonly tags: (repository: string) => readonly string[];
}

interface Repository {
  readonly blobs: Map<string, Buffer>;
  readonly manifests: Map<string, { readonly mediaType: string; readonly bytes: Buffer }>;
  readonly tags: Map<string, string>;
}

interface Upload {
  readonly repository: string;
  chunks: Buffer[];
  size: number;
  state: number;
}

const NAME = /^\/v2\/([a-z0-9]+(?:[._/-]+[a-z0-9]+)*)\/(manifests|blobs\/uploads|blobs|tags|referrers)(?:\/(.*))?$/;
const DIGEST = /^sha256:[0-9a-f]{64}$/;
const sha256 = (bytes: Uint8Array) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/** A strict registry in memory (distribution-spec 1.1), on the loopback interface. */
export async function startFakeRegistry(
  switches: Partial<FakeRegistrySwitches> = {},
  options: { readonly tls?: boolean; readonly clientAuthority?: string } = {},
): Promise<FakeRegistry> {
  const state: FakeRegistrySwitches = {
    auth: 'none',
    username: 'someone',
    password: 'open sesame',
    identityToken: 'refresh-me',
    tokenUses: Infinity,
    failures: [],
    dropUploads: [],
    dropDownloads: [],
    forgetBrokenUploads: false,
    tellProgress: true,
    loseUploadAnswers: 0,
    mounts: 'yes',
    lieAboutContent: false,
    redirectBlobs: false,
    ranges: true,
    terse: false,
    referrers: true,
    ...switches,
  };
  const repositories = new Map<string, Repository>();
  const uploads = new Map<string, Upload>();
  const tokens = new Map<string, { readonly scopes: readonly string[]; uses: number }>();
  const requests: string[] = [];
  const violations: string[] = [];
  let uploadedBytes = 0;

  const repositoryOf = (name: string): Repository => {
    const repository = repositories.get(name) ?? {
      blobs: new Map<string, Buffer>(),
      manifests: new Map<string, { mediaType: string; bytes: Buffer }>(),
      tags: new Map<string, string>(),
    };
    repositories.set(name, repository);
    return repository;
  };
  const served = (bytes: Buffer) => (state.lieAboutContent ? Buffer.concat([Buffer.from([bytes[0]! ^ 1]), bytes.subarray(1)]) : bytes);
  const manifestOf = (name: string, reference: string) => {
    const repository = repositoryOf(name);
    return repository.manifests.get(DIGEST.test(reference) ? reference : (repository.tags.get(reference) ?? ''));
  };

  const foreign = await listen(
    createServer((request, response) => {
      if (request.headers.authorization !== undefined) violations.push(`credentials were sent to another origin: ${request.url}`);
      const [, name, digest] = /^\/(.+)@(.+)$/.exec(decodeURIComponent(new URL(request.url!, 'http://x').pathname)) ?? [];
      sendBlob(request, response, repositoryOf(name!).blobs.get(digest!)!);
    }),
  );

  const refuse = (response: ServerResponse, status: number, code: string, message = '', headers: Record<string, string> = {}) =>
    void response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify({ errors: [{ code, message }] }));

  function sendBlob(request: IncomingMessage, response: ServerResponse, blob: Buffer): void {
    if (state.ranges === 'refused' && request.headers.range !== undefined) return refuse(response, 416, 'BLOB_UNKNOWN', 'unknown range');
    const range = state.ranges ? /^bytes=(\d+)-$/.exec(request.headers.range ?? '') : null;
    const start = range === null ? 0 : Number(range[1]);
    if (start >= blob.length && start > 0) return refuse(response, 416, 'RANGE_INVALID');
    const body = served(blob).subarray(start);
    response.writeHead(start > 0 ? 206 : 200, {
      'content-type': 'application/octet-stream',
      'content-length': body.length,
      ...(start > 0 ? { 'content-range': `bytes ${start}-${blob.length - 1}/${blob.length}` } : {}),
    });
    if (request.method === 'HEAD') return void response.end();
    const drop = state.dropDownloads.shift();
    if (drop === undefined || drop >= body.length) return void response.end(body);
    response.write(body.subarray(0, drop), () => response.destroy());
  }

  function issueToken(request: IncomingMessage, response: ServerResponse, body: Buffer): void {
    const url = new URL(request.url!, 'http://x');
    let scopes: readonly string[] = url.searchParams.getAll('scope');
    let known = request.headers.authorization === undefined;
    let anonymous = known;
    if (request.method === 'POST') {
      const form = new URLSearchParams(body.toString());
      scopes = (form.get('scope') ?? '').split(' ');
      known = form.get('grant_type') === 'refresh_token' && form.get('refresh_token') === state.identityToken;
      anonymous = false;
      if (form.get('service') !== 'fake') violations.push('token request without the service');
    } else if (!known) {
      known = request.headers.authorization === basic(state);
    }
    if (!known) return refuse(response, 401, 'UNAUTHORIZED', 'incorrect username or password');
    const token = randomUUID();
    // Anonymous access may read only.
    const granted = anonymous ? scopes.map((scope) => scope.replace(/:pull,push$/, ':pull')) : scopes;
    tokens.set(token, { scopes: granted, uses: state.tokenUses });
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ token, expires_in: 300 }));
  }

  /** Answers 401 and returns false when the request may not be done. */
  function authorize(request: IncomingMessage, response: ServerResponse, wanted: readonly string[]): boolean {
    const { authorization } = request.headers;
    if (state.auth === 'none') return true;
    if (state.auth === 'basic') {
      if (authorization === basic(state)) return true;
      refuse(response, 401, 'UNAUTHORIZED', 'authentication required', { 'www-authenticate': 'Basic realm="fake, registry"' });
      return false;
    }
    const token = tokens.get(authorization?.replace(/^Bearer /, '') ?? '');
    const covers = (scope: string) => token!.scopes.some((granted) => granted === scope || granted === scope.replace(/:pull$/, ':pull,push'));
    const error = token === undefined ? '' : token.uses <= 0 ? ',error="invalid_token"' : wanted.every(covers) ? undefined : ',error="insufficient_scope"';
    if (token !== undefined && error === undefined) {
      token.uses -= 1;
      return true;
    }
    const scope = wanted.length === 0 ? '' : `,scope="${wanted.join(' ')}"`;
    refuse(response, 401, 'UNAUTHORIZED', 'authentication required', { 'www-authenticate': `Bearer realm="${origin}/token",service="fake"${scope}${error}` });
    return false;
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url!, origin);
    const method = request.method!;
    requests.push(`${method} ${url.pathname}`);
    if (!request.headers['user-agent']) violations.push('a request has no user agent');
    if (url.pathname === '/token') return issueToken(request, response, await readAll(request));
    const failure = state.failures.findIndex(({ when }) => when(method, url.pathname));
    if (failure >= 0) {
      const [{ status, headers, body }] = state.failures.splice(failure, 1) as [FakeRegistrySwitches['failures'][number]];
      request.resume();
      return void response.writeHead(status, headers).end(body);
    }
    if (url.pathname === '/v2/') {
      if (authorize(request, response, [])) response.writeHead(200).end('{}');
      return;
    }
    const [, name, kind, rest] = NAME.exec(url.pathname) ?? [];
    if (name === undefined) return refuse(response, 404, 'NAME_INVALID');
    const writes = method !== 'GET' && method !== 'HEAD';
    const from = url.searchParams.get('from');
    const scopes = [`repository:${name}:${writes || kind === 'blobs/uploads' ? 'pull,push' : 'pull'}`, ...(from === null ? [] : [`repository:${from}:pull`])];
    if (!authorize(request, response, scopes)) return void request.resume();
    if (kind === 'manifests') return await manifests(request, response, name, rest!);
    if (kind === 'blobs/uploads') return await upload(request, response, url, name, rest);
    if (kind === 'tags') return void response.end(JSON.stringify({ name, tags: [...repositoryOf(name).tags.keys()].sort() }));
    if (kind === 'referrers') return referrers(response, name, rest!);
    const blob = repositoryOf(name).blobs.get(rest!);
    if (blob === undefined) return refuse(response, 404, 'BLOB_UNKNOWN', 'blob unknown to registry');
    if (state.redirectBlobs && method === 'GET') return void response.writeHead(307, { location: `${foreign.origin}/${name}@${rest}` }).end();
    sendBlob(request, response, blob);
  }

  function referrers(response: ServerResponse, name: string, subject: string): void {
    if (!state.referrers) return refuse(response, 404, 'UNSUPPORTED');
    const manifests = [...repositoryOf(name).manifests].flatMap(([digest, { mediaType, bytes }]) => {
      const { subject: of, artifactType } = JSON.parse(bytes.toString()) as { subject?: { digest: string }; artifactType?: string };
      return of?.digest === subject ? [{ mediaType, digest, size: bytes.length, artifactType }] : [];
    });
    const mediaType = 'application/vnd.oci.image.index.v1+json';
    response.writeHead(200, { 'content-type': mediaType }).end(JSON.stringify({ schemaVersion: 2, mediaType, manifests }));
  }

  async function manifests(request: IncomingMessage, response: ServerResponse, name: string, reference: string): Promise<void> {
    const repository = repositoryOf(name);
    if (request.method === 'PUT') {
      const bytes = await readAll(request);
      const mediaType = request.headers['content-type'] ?? '';
      const manifest = JSON.parse(bytes.toString()) as {
        mediaType?: string;
        config?: { digest: string };
        layers?: { digest: string; urls?: string[] }[];
        manifests?: { digest: string }[];
        subject?: { digest: string };
      };
      if (manifest.mediaType !== mediaType) return refuse(response, 400, 'MANIFEST_INVALID', `content type is ${mediaType}`);
      const blobs = [...(manifest.config === undefined ? [] : [manifest.config]), ...(manifest.layers ?? []).filter(({ urls }) => urls === undefined)];
      const missing = blobs.find(({ digest }) => !repository.blobs.has(digest)) ?? manifest.manifests?.find(({ digest }) => !repository.manifests.has(digest));
      if (missing !== undefined) {
        violations.push(`manifest ${name}:${reference} came before ${missing.digest}`);
        return refuse(response, 404, 'MANIFEST_BLOB_UNKNOWN', missing.digest);
      }
      const digest = sha256(bytes);
      if (reference.includes(':') && reference !== digest) return refuse(response, 400, 'DIGEST_INVALID');
      repository.manifests.set(digest, { mediaType, bytes });
      if (!reference.includes(':')) repository.tags.set(reference, digest);
      const subject = state.referrers && manifest.subject !== undefined ? { 'oci-subject': manifest.subject.digest } : {};
      return void response.writeHead(201, { location: `/v2/${name}/manifests/${digest}`, 'docker-content-digest': digest, ...subject }).end();
    }
    const found = manifestOf(name, reference);
    if (found === undefined) return refuse(response, 404, 'MANIFEST_UNKNOWN', 'manifest unknown');
    if (!(request.headers.accept ?? '').includes(found.mediaType)) violations.push(`${found.mediaType} is not accepted by the client`);
    const bytes = served(found.bytes);
    const headers = state.terse
      ? {}
      : { 'content-type': found.mediaType, 'content-length': String(bytes.length), 'docker-content-digest': sha256(found.bytes) };
    response.writeHead(200, headers).end(request.method === 'HEAD' ? undefined : bytes);
  }

  async function upload(request: IncomingMessage, response: ServerResponse, url: URL, name: string, id: string | undefined): Promise<void> {
    const accepted = (status: number, key: string, session: Upload) => {
      session.state += 1;
      const range = session.size > 0 ? `0-${session.size - 1}` : '0-0';
      response.writeHead(status, { location: `/v2/${name}/blobs/uploads/${key}?_state=${session.state}`, range }).end();
    };
    if (request.method === 'POST') {
      await readAll(request);
      const mount = url.searchParams.get('mount');
      const source = url.searchParams.get('from');
      if (mount !== null && state.mounts === 'error') return refuse(response, 403, 'DENIED', 'mounts are not allowed');
      const blob = mount === null || source === null || state.mounts === 'session' ? undefined : repositories.get(source)?.blobs.get(mount);
      if (blob !== undefined) {
        repositoryOf(name).blobs.set(mount!, blob);
        return void response.writeHead(201, { location: `/v2/${name}/blobs/${mount}` }).end();
      }
      const session = { repository: name, chunks: [], size: 0, state: 0 };
      const key = randomUUID();
      uploads.set(key, session);
      return accepted(202, key, session);
    }
    const session = uploads.get(id ?? '');
    if (session === undefined || session.repository !== name) {
      request.resume();
      return refuse(response, 404, 'BLOB_UPLOAD_UNKNOWN', 'blob upload unknown to registry');
    }
    if (request.method === 'DELETE') {
      uploads.delete(id!);
      return void response.writeHead(204).end();
    }
    if (request.method === 'GET') return state.tellProgress ? accepted(204, id!, session) : refuse(response, 400, 'NAME_INVALID', 'invalid digest');
    if (url.searchParams.get('_state') !== String(session.state)) {
      violations.push(`${request.method} to an outdated upload location`);
      request.resume();
      return refuse(response, 400, 'BLOB_UPLOAD_INVALID', 'outdated location');
    }
    const range = request.headers['content-range'];
    if (request.method === 'PATCH') {
      if (request.headers['content-type'] !== 'application/octet-stream') violations.push('PATCH without application/octet-stream');
      const [, start, end] = /^(\d+)-(\d+)$/.exec(range ?? '') ?? [];
      const wrong =
        range === undefined
          ? session.size !== 0
          : Number(start) !== session.size || Number(end) - Number(start) + 1 !== Number(request.headers['content-length']);
      if (wrong) {
        violations.push(`PATCH of ${range ?? 'everything'} to an upload of ${session.size} bytes`);
        request.resume();
        return refuse(response, 416, 'BLOB_UPLOAD_INVALID', '', { range: `0-${session.size - 1}` });
      }
    }
    if (!(await receive(request, session))) {
      if (state.forgetBrokenUploads) uploads.delete(id!);
      return void response.destroy();
    }
    if (request.method === 'PATCH') return accepted(202, id!, session);
    const digest = url.searchParams.get('digest') ?? '';
    const bytes = Buffer.concat(session.chunks);
    uploads.delete(id!);
    if (sha256(bytes) !== digest) return refuse(response, 400, 'DIGEST_INVALID', 'provided digest did not match uploaded content');
    repositoryOf(name).blobs.set(digest, bytes);
    if (state.loseUploadAnswers-- > 0) return void response.destroy();
    response.writeHead(201, { location: `/v2/${name}/blobs/${digest}`, 'docker-content-digest': digest }).end();
  }

  /** Keeps what arrives; false when the connection is to be cut. */
  async function receive(request: IncomingMessage, session: Upload): Promise<boolean> {
    const announced = Number(request.headers['content-length'] ?? 0);
    const drop = announced > 0 || request.headers['transfer-encoding'] !== undefined ? state.dropUploads.shift() : undefined;
    let received = 0;
    try {
      for await (const chunk of request as AsyncIterable<Buffer>) {
        const kept = drop === undefined ? chunk : chunk.subarray(0, drop - received);
        received += kept.length;
        uploadedBytes += kept.length;
        session.chunks.push(kept);
        session.size += kept.length;
        if (drop !== undefined && received >= drop) return false;
      }
    } catch {
      return false;
    }
    return true;
  }

  const onRequest = (request: IncomingMessage, response: ServerResponse) => {
    request.on('error', () => {});
    answer(request, response).catch((error: unknown) => {
      violations.push(`the fake registry failed: ${(error as Error).stack}`);
      response.destroy();
    });
  };
  const main = await listen(options.tls === true ? createTlsServer(testServerTls(options.clientAuthority), onRequest) : createServer(onRequest));
  const origin = options.tls === true ? main.origin.replace('http:', 'https:') : main.origin;

  return {
    host: `127.0.0.1:${main.port}`,
    switches: state,
    requests,
    violations,
    uploadedBytes: () => uploadedBytes,
    blob: (name, digest) => repositories.get(name)?.blobs.get(digest),
    forgetBlob: (name, digest) => void repositories.get(name)?.blobs.delete(digest),
    manifest: manifestOf,
    putBlob(name, bytes) {
      const digest = sha256(bytes);
      repositoryOf(name).blobs.set(digest, Buffer.from(bytes));
      return digest;
    },
    putManifest(name, reference, mediaType, bytes) {
      const digest = sha256(bytes);
      repositoryOf(name).manifests.set(digest, { mediaType, bytes: Buffer.from(bytes) });
      if (!reference.includes(':')) repositoryOf(name).tags.set(reference, digest);
      return digest;
    },
    tags: (name) => [...repositoryOf(name).tags.keys()].sort(),
    async [Symbol.asyncDispose]() {
      await Promise.all([main.close(), foreign.close()]);
    },
  };
}

function basic({ username, password }: FakeRegistrySwitches): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

async function readAll(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function listen(server: Server): Promise<{ origin: string; port: number; close(): Promise<void> }> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    port,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
