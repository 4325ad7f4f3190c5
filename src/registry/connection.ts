import type { Clock } from '../foundation/index.ts';
import { HttpError, NO_RETRY, isLoopbackHost } from '../http/index.ts';
import type { HttpClient, HttpRequest, HttpResponse, TlsIdentity } from '../http/index.ts';
import { parseChallenge } from './challenge.ts';
import { NO_CERTIFICATES } from './certificates.ts';
import type { FindCertificates } from './certificates.ts';
import type { Challenge } from './challenge.ts';
import type { Credential, Keychain } from './keychain.ts';
import { canonicalRegistry } from './keychain.ts';
import { RegistryError, registryError } from './registry-error.ts';
import { basicHeader, fetchToken, formatScope } from './token.ts';
import type { AccessToken, RepositoryScope } from './token.ts';

/** A request to a registry, with what it is for. */
export interface RegistryRequest extends Omit<HttpRequest, 'url' | 'unverifiedCertificate' | 'tls'> {
  /** Path below the registry (`/v2/…`), or an absolute address that the registry gave. */
  readonly url: string;
  /** The first one is the repository that is worked on; none for the registry itself. */
  readonly scopes: readonly RepositoryScope[];
  /** For the error message. */
  readonly verb: string;
  readonly target: string;
}

/** One registry: its address, how it wants to be asked, and the tokens it gave. */
export interface RegistryConnection {
  /** Host and port, as in image references. */
  readonly registry: string;
  /** Throws {@link RegistryError}. A token that is refused or expires is renewed once. */
  send(request: RegistryRequest): Promise<HttpResponse>;
}

export interface ConnectionOptions {
  readonly http: Pick<HttpClient, 'request'>;
  readonly keychain: Keychain;
  /** None by default. */
  readonly certificates?: FindCertificates | undefined;
  readonly clock: Clock;
  /** Hosts that may speak plain HTTP or have any certificate; those on the loopback interface always may. */
  readonly insecureRegistries: readonly string[];
  readonly signal?: AbortSignal | undefined;
}

/** Finds out how a registry is spoken to (`GET /v2/`). Throws `REGISTRY_UNREACHABLE`, `REGISTRY_PROTOCOL`. */
export async function connectRegistry(registry: string, options: ConnectionOptions): Promise<RegistryConnection> {
  const host = canonicalRegistry(registry) === 'index.docker.io' ? 'registry-1.docker.io' : registry;
  const insecure = isInsecure(registry, options.insecureRegistries);
  const tls = (options.certificates ?? NO_CERTIFICATES)(registry);
  const { base, challenge } = await ping(host, registry, insecure, tls, options);
  const tokens = new Map<string, AccessToken>();
  const asked = new Map<string, Promise<AccessToken>>();

  async function authorization(credential: Credential | undefined, scopes: readonly string[], known: Challenge): Promise<string | undefined> {
    if (known.scheme === 'none') return undefined;
    if (credential?.kind === 'bearer') return `Bearer ${credential.token}`;
    if (known.scheme === 'basic') return credential?.kind === 'basic' ? basicHeader(credential) : undefined;
    const now = options.clock.now().getTime();
    const covering = [...tokens].find(([granted, { renewAt }]) => renewAt > now && covers(granted.split(' '), scopes));
    if (covering !== undefined) return `Bearer ${covering[1].token}`;
    const key = scopes.join(' ');
    const running = asked.get(key) ?? renew(credential, scopes, known).finally(() => asked.delete(key));
    asked.set(key, running);
    const token = await running;
    tokens.set(key, token);
    return `Bearer ${token.token}`;
  }

  /** Several requests that start together share one token. */
  async function renew(credential: Credential | undefined, scopes: readonly string[], known: Challenge & { scheme: 'bearer' }): Promise<AccessToken> {
    const realm = tokenServer(known.realm, base);
    return fetchToken({
      client: options.http,
      clock: options.clock,
      realm: realm.href,
      service: known.service,
      scopes,
      credential,
      unverifiedCertificate: insecure && realm.hostname === base.hostname,
      tls: identityFor(realm),
      signal: options.signal,
    });
  }

  /** Token servers and stores of blobs are trusted as the registry is, but who we are only the registry's host learns. */
  function identityFor(url: URL): TlsIdentity {
    return url.hostname === base.hostname ? tls : { ca: tls.ca ?? [] };
  }

  async function attempt(request: RegistryRequest, credential: Credential | undefined, scopes: readonly string[], known: Challenge): Promise<HttpResponse> {
    const { scopes: _scopes, verb: _verb, target: _target, ...rest } = request;
    const url = new URL(request.url, base);
    // An upload address may lie elsewhere and then carries its own permission: our credentials stay home.
    const header = url.origin === base.origin ? await authorization(credential, scopes, known) : undefined;
    return options.http.request({
      ...rest,
      url: url.href,
      headers: { ...request.headers, ...(header === undefined ? {} : { authorization: header }) },
      unverifiedCertificate: insecure && url.hostname === base.hostname,
      tls: identityFor(url),
      ...(request.signal === undefined && options.signal !== undefined ? { signal: options.signal } : {}),
    });
  }

  return {
    registry,
    async send(request) {
      const credential = await options.keychain.find(registry, request.scopes[0]?.repository ?? '');
      const scopes = request.scopes.map(formatScope);
      const fail = (error: unknown) =>
        error instanceof HttpError ? registryError({ verb: request.verb, target: request.target, registry, credential }, error) : error;
      try {
        return await attempt(request, credential, scopes, challenge);
      } catch (error) {
        if (!(error instanceof HttpError) || error.status !== 401) throw fail(error);
        const renewed = error.headers === undefined ? undefined : parseChallenge(error.headers.getAll('www-authenticate'));
        if (renewed?.scheme !== 'bearer' || credential?.kind === 'bearer') throw fail(error);
        tokens.clear();
        const wanted = [...new Set([...scopes, ...(renewed.scope ?? '').split(' ').filter((scope) => scope !== '')])];
        try {
          return await attempt(request, credential, wanted, renewed);
        } catch (again) {
          throw fail(again);
        }
      }
    },
  };

  function tokenServer(realm: string, from: URL): URL {
    const protocol = (why: string) => new RegistryError({ code: 'REGISTRY_PROTOCOL', message: `Cannot log in to ${registry}: ${why}`, registry });
    if (!URL.canParse(realm)) throw protocol(`its token server "${realm}" is not an address`);
    const url = new URL(realm);
    if (url.protocol !== 'https:' && (url.protocol !== 'http:' || from.protocol === 'https:')) {
      throw protocol(`its token server ${url.origin} would get the password unencrypted`);
    }
    return url;
  }
}

/** Docker's rule: registries on this machine and those declared insecure may be asked by HTTPS with any certificate, then by HTTP. */
function isInsecure(registry: string, insecureRegistries: readonly string[]): boolean {
  const { hostname } = new URL(`http://${registry}`);
  return isLoopbackHost(hostname) || insecureRegistries.some((entry) => entry.toLowerCase() === registry.toLowerCase());
}

async function ping(
  host: string,
  registry: string,
  insecure: boolean,
  tls: TlsIdentity,
  options: ConnectionOptions,
): Promise<{ base: URL; challenge: Challenge }> {
  const signal = options.signal === undefined ? {} : { signal: options.signal };
  const ask = async (scheme: string, more: Partial<HttpRequest>) => {
    const base = new URL(`${scheme}://${host}/`);
    const response = await options.http.request({ url: new URL('/v2/', base).href, expect: [401, 403], tls, ...signal, ...more });
    await response.discard();
    const challenge: Challenge =
      response.status === 401 ? (parseChallenge(response.headers.getAll('www-authenticate')) ?? { scheme: 'none' }) : { scheme: 'none' };
    return { base, challenge };
  };
  const fail = (error: unknown) => {
    if (!(error instanceof HttpError)) return error;
    if (error.status !== 404) return registryError({ verb: 'reach', target: registry, registry, credential: undefined }, error);
    const message = `Cannot use ${registry} as a registry: it does not answer at /v2/`;
    return new RegistryError({ code: 'REGISTRY_PROTOCOL', message, nextStep: 'Check the host in the image name', registry, status: 404, cause: error });
  };
  if (!insecure) return ask('https', {}).catch((error: unknown) => Promise.reject(fail(error)));
  try {
    return await ask('https', { unverifiedCertificate: true, retry: NO_RETRY });
  } catch (error) {
    if (!(error instanceof HttpError)) throw error;
    // It speaks TLS: what it said then is its answer, and plain HTTP could only hide it.
    if (error.status !== undefined || error.certificate !== undefined)
      return ask('https', { unverifiedCertificate: true }).catch((again: unknown) => Promise.reject(fail(again)));
    return ask('http', {}).catch((again: unknown) => Promise.reject(fail(again)));
  }
}

/** Whether the granted scopes include all wanted ones; `pull,push` includes `pull`. */
function covers(granted: readonly string[], wanted: readonly string[]): boolean {
  return wanted.every((scope) => granted.includes(scope) || granted.includes(scope.replace(/:pull$/, ':pull,push')));
}
