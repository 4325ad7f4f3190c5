import { readFileSync } from 'node:fs';
import { digestOf, publicUrl, TspackError, type Clock, type FileDigest } from '../foundation/index.ts';
import type { ContentDigest, HttpClient, HttpResponse } from '../http/index.ts';
import type { Binding } from './bindings.ts';
import type { Planner, WantedFile } from './planning.ts';
import { openSharedDownloads } from './shared-downloads.ts';

/** Where a file came from: `store` is what this machine had downloaded before. */
export type DownloadSource = 'network' | 'store';

/** The one way by which buildpacks fetch anything. */
export interface Downloads {
  /** `TSPACK_OFFLINE`: every request is refused before it is made; what this machine has downloaded before can be had. */
  readonly offline: boolean;
  /** Reads JSON of at most `maximumBytes` (32 MiB). Throws the errors of `http`, and `DOWNLOAD_OFFLINE`. */
  fetchJson(request: { readonly url: string; readonly headers?: Readonly<Record<string, string>>; readonly maximumBytes?: number }): Promise<unknown>;
  /** Reads a text of at most `maximumBytes`, which something else than its address must prove. Throws the same. */
  fetchText(request: { readonly url: string; readonly maximumBytes: number }): Promise<string>;
  /**
   * Puts a file whose digest is known at `path`: from the downloads of this machine where they have it, else from the
   * network; says from which. Nothing is at `path` unless the digest is right. Throws `DOWNLOAD_FAILED`, `DOWNLOAD_DIGEST_MISMATCH` and `DOWNLOAD_OFFLINE`.
   */
  fetchFile(request: {
    readonly url: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly digest: ContentDigest;
    readonly path: string;
    readonly label: string;
    /** A longer body is refused, a shorter one resumed. */
    readonly sizeBytes?: number;
    /** Whether a failure is the answer, because the file is likely to be nowhere else. */
    readonly once?: boolean;
  }): Promise<DownloadSource>;
  /** Says what is about to be fetched, file by file: a plan ends here and knows all of it. Nothing happens in a build. */
  announce?(files: readonly AnnouncedFile[]): Promise<void>;
  close(): Promise<void>;
}

/** A file that is about to be fetched. */
export interface AnnouncedFile {
  readonly label: string;
  readonly digest: ContentDigest;
  readonly sizeBytes?: number;
}

/** What {@link createDownloads} needs to know of its surroundings. */
export interface DownloadsOptions {
  readonly env: Readonly<Record<string, string>>;
  readonly bindings: readonly Binding[];
  readonly clock: Clock;
  /** `name/version` of the buildpack. */
  readonly userAgent: string;
  /** For a plan, which fetches no file. */
  readonly planner?: Planner;
}

/**
 * Downloads over `http`, which is loaded with the first request. Addresses go through the mirror map: bindings of type
 * `dependency-mirror` (each file names a host, its content the address to use instead; `default` stands for every host) and the
 * variables `TSPACK_MIRROR` and `TSPACK_MIRROR_<HOST>` (dots as `_`, hyphens as `__`), which win.
 */
export function createDownloads(options: DownloadsOptions): Downloads {
  const mirrors = readMirrors(options.env, options.bindings);
  const offline = /^(1|true|yes)$/i.test(options.env['TSPACK_OFFLINE'] ?? '');
  const shared = openSharedDownloads(options.env, options.userAgent);
  const { planner } = options;
  let client: HttpClient | undefined;

  async function open(url: string): Promise<{ client: HttpClient; url: string }> {
    if (offline) {
      throw new TspackError({
        code: 'DOWNLOAD_OFFLINE',
        message: `Cannot fetch ${url}: TSPACK_OFFLINE is set`,
        nextStep: 'Build once with the network to fill the cache, or unset TSPACK_OFFLINE.',
      });
    }
    if (client === undefined) {
      const { createHttpClient, readProxySettings } = await import('../http/index.ts'); // undici costs 90 ms
      client = createHttpClient({
        userAgent: options.userAgent,
        clock: options.clock,
        proxy: readProxySettings(options.env),
        ca: readCertificates(options.env),
      });
    }
    return { client, url: mirroredUrl(url, mirrors) };
  }

  async function fetchBody(url: string, headers: Readonly<Record<string, string>>, maximumBytes: number): Promise<{ response: HttpResponse; text: string }> {
    const target = await open(url);
    const response = await target.client.request({ url: target.url, headers });
    const text = await response.text(maximumBytes);
    shared.record({ url: target.url, digest: digestOf(text), sizeBytes: Buffer.byteLength(text), from: 'network' });
    return { response, text };
  }

  async function describeWanted({ label, url, headers, digest, sizeBytes }: WantedRequest): Promise<WantedFile> {
    const wanted = hexDigest(digest);
    const described = { label, digest: `${wanted.algorithm}:${wanted.hex}`, ...(url === undefined ? {} : { url: publicUrl(mirroredUrl(url, mirrors)) }) };
    const known = shared.find(wanted);
    if (known !== undefined) return { ...described, sizeBytes: known, from: 'store' };
    const size = sizeBytes ?? (url === undefined || offline ? undefined : await askSize(url, headers));
    return { ...described, ...(size === undefined ? {} : { sizeBytes: size }), from: 'network' };
  }

  /** As the server says; undefined where it does not. */
  async function askSize(url: string, headers: Readonly<Record<string, string>> = {}): Promise<number | undefined> {
    try {
      const target = await open(url);
      const { NO_RETRY } = await import('../http/index.ts');
      const response = await target.client.request({ method: 'HEAD', url: target.url, headers, retry: NO_RETRY });
      await response.discard();
      const length = Number(response.headers.get('content-length') ?? Number.NaN);
      return Number.isSafeInteger(length) ? length : undefined;
    } catch (error) {
      if (error instanceof TspackError) return undefined;
      throw error;
    }
  }

  return {
    offline,
    async fetchJson({ url, headers, maximumBytes = 33_554_432 }) {
      const { response, text } = await fetchBody(url, { accept: 'application/json', ...headers }, maximumBytes);
      const { parseJsonBody } = await import('../http/index.ts');
      return parseJsonBody(text, response);
    },
    fetchText: async ({ url, maximumBytes }) => (await fetchBody(url, {}, maximumBytes)).text,
    async fetchFile({ url, once, ...file }) {
      const { digest, path, headers } = file;
      const wanted = hexDigest(digest);
      if (planner !== undefined) planner.want([await describeWanted({ ...file, url })]);
      const fact = { url: mirroredUrl(url, mirrors), digest: `${wanted.algorithm}:${wanted.hex}` };
      const known = await shared.take(wanted, path);
      if (known !== undefined) {
        shared.record({ ...fact, sizeBytes: known, from: 'store' });
        return 'store';
      }
      const target = await open(url);
      const { NO_RETRY, downloadVerified } = await import('../http/index.ts');
      const { sizeBytes } = await downloadVerified({ client: target.client, url: target.url, ...file, ...(once === true ? { retry: NO_RETRY } : {}) });
      shared.record({ ...fact, sizeBytes, from: 'network' });
      // Who may not ask the server must not find its answer here.
      if (!hasCredentials(target.url, headers)) shared.offer(wanted, path);
      return 'network';
    },
    async announce(files) {
      if (planner !== undefined) planner.want(await Promise.all(files.map(describeWanted)));
    },
    async close() {
      await client?.close();
    },
  };
}

type WantedRequest = AnnouncedFile & { readonly url?: string; readonly headers?: Readonly<Record<string, string>> };

function hexDigest(digest: ContentDigest): FileDigest {
  return { algorithm: digest.algorithm, hex: 'hex' in digest ? digest.hex.toLowerCase() : Buffer.from(digest.base64, 'base64').toString('hex') };
}

const CREDENTIAL_HEADER = /auth|cookie|token|key|secret/iu;

function hasCredentials(url: string, headers: Readonly<Record<string, string>> = {}): boolean {
  const { username, password } = new URL(url);
  return username !== '' || password !== '' || Object.keys(headers).some((name) => CREDENTIAL_HEADER.test(name));
}

/** Host name, or `default`, to the address that stands for it. */
export type MirrorMap = ReadonlyMap<string, string>;

/** The mirrors that bindings and environment name. */
export function readMirrors(env: Readonly<Record<string, string>>, bindings: readonly Binding[]): MirrorMap {
  const mirrors = new Map<string, string>();
  for (const binding of bindings.filter(({ type }) => type === 'dependency-mirror')) {
    for (const key of binding.keys) {
      if (key !== 'type' && key !== 'provider') mirrors.set(key.toLowerCase(), binding.read(key)!.trim());
    }
  }
  for (const [name, value] of Object.entries(env)) {
    if (name === 'TSPACK_MIRROR') mirrors.set('default', value.trim());
    else if (name.startsWith('TSPACK_MIRROR_'))
      mirrors.set(name.slice('TSPACK_MIRROR_'.length).replaceAll('__', '-').replaceAll('_', '.').toLowerCase(), value.trim());
  }
  return mirrors;
}

/** The address to use for `url`: the mirror's, with the path of the original appended. */
export function mirroredUrl(url: string, mirrors: MirrorMap): string {
  const original = new URL(url);
  const mirror = mirrors.get(original.hostname.toLowerCase()) ?? mirrors.get('default');
  if (mirror === undefined || mirror === '') return url;
  return `${mirror.replace(/\/+$/, '').replaceAll('{originalHost}', original.host)}${original.pathname}${original.search}`;
}

/** Node reads NODE_EXTRA_CA_CERTS only when it starts; a certificate bundle that is set otherwise is read here. */
function readCertificates(env: Readonly<Record<string, string>>): readonly string[] {
  const texts: string[] = [];
  for (const name of ['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE']) {
    const path = env[name];
    if (path === undefined || path === '') continue;
    try {
      texts.push(readFileSync(path, 'utf8'));
    } catch {
      // The same file may be named for another image; connections then say which certificate is missing.
    }
  }
  return [...new Set(texts)];
}
