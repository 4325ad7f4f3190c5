import type { Socket } from 'node:net';
import type { Agent, Dispatcher } from 'undici';
import { selectProxy } from './proxy.ts';
import type { ClientCertificate, TlsIdentity } from './client.ts';
import type { ProxySettings } from './proxy.ts';

export interface ConnectionSettings {
  /** PEM texts trusted besides the certificates that Node trusts. */
  readonly ca: readonly string[];
  /** For servers that ask who we are (Docker over TCP). */
  readonly clientCertificates: readonly ClientCertificate[];
  readonly proxy: ProxySettings;
  /** Every request goes to this Unix socket, whatever its host. */
  readonly socketPath?: string;
  /** Connections to use instead of making any. */
  readonly sockets?: readonly Socket[];
  readonly connectTimeoutMilliseconds: number;
}

/** Where a request goes: the connection pool and what the request line names. */
export interface Route {
  readonly dispatcher: Dispatcher;
  readonly origin: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Host and port of the proxy on the way. */
  readonly proxy?: string;
}

/** How far a server is trusted, and who we are to it. */
export interface RouteTls {
  readonly unverifiedCertificate: boolean;
  readonly identity: TlsIdentity;
}

/** The connection pools of one client: one for direct connections, one for each proxy, and for each way to trust and be known. */
export interface Dispatchers {
  route(url: URL, tls: RouteTls): Promise<Route>;
  close(): Promise<void>;
}

export function createDispatchers(settings: ConnectionSettings): Dispatchers {
  const pools = new Map<string, Promise<Dispatcher>>();

  function pool(proxy: URL | undefined, tls: RouteTls): Promise<Dispatcher> {
    const key = JSON.stringify([proxy?.href, tls]);
    const existing = pools.get(key);
    if (existing !== undefined) return existing;
    const made = makePool(proxy, tls);
    pools.set(key, made);
    return made;
  }

  async function makePool(proxy: URL | undefined, { unverifiedCertificate, identity }: RouteTls): Promise<Dispatcher> {
    // 90 ms: only when something is really requested. The default export, because a bundle of a CommonJS module has no other.
    const { Agent, ProxyAgent } = (await import('undici')).default;
    // Setting `ca` replaces what Node trusts, so it is left alone when there is nothing to add. node:tls takes 10 ms to load.
    const trust = async (added: readonly string[]) => {
      const all = [...settings.ca, ...added];
      return all.length === 0 ? {} : { ca: [...(await import('node:tls')).rootCertificates, ...all] };
    };
    // The client watches silence itself, because only it knows who is being waited for.
    const limits = { headersTimeout: 0, bodyTimeout: 0, connections: 16 };
    const timeout = settings.connectTimeoutMilliseconds;
    const own = certificateOptions(settings.clientCertificates);
    const tls = {
      ...(await trust(identity.ca ?? [])),
      ...certificateOptions([...settings.clientCertificates, ...(identity.clientCertificates ?? [])]),
      timeout,
      ...(unverifiedCertificate ? { rejectUnauthorized: false } : {}),
    };
    if (proxy !== undefined) return new ProxyAgent({ ...limits, uri: proxy.href, requestTls: tls, proxyTls: { ...(await trust([])), ...own, timeout } });
    if (settings.sockets !== undefined) return new Agent({ ...limits, ...openConnections(settings.sockets) });
    return new Agent({ ...limits, connect: { ...tls, ...(settings.socketPath === undefined ? {} : { socketPath: settings.socketPath }) } });
  }

  return {
    async route(url, tls) {
      const path = `${url.pathname}${url.search}`;
      const proxy = settings.socketPath === undefined ? selectProxy(settings.proxy, url) : undefined;
      if (proxy === undefined) return { dispatcher: await pool(undefined, tls), origin: url.origin, path, headers: {} };
      if (url.protocol === 'https:') return { dispatcher: await pool(proxy, tls), origin: url.origin, path, headers: {}, proxy: proxy.host };
      // Plain http is asked of the proxy by absolute address: most proxies refuse CONNECT to port 80.
      return {
        dispatcher: await pool(undefined, { unverifiedCertificate: false, identity: {} }),
        origin: proxy.origin,
        path: `${url.origin}${path}`,
        headers: { host: url.host, ...proxyAuthorization(proxy) },
        proxy: proxy.host,
      };
    },
    async close() {
      await Promise.all([...pools.values()].map(async (made) => (await made).close()));
    },
  };
}

/** An idle connection that is closed could never be made again. */
const FOR_EVER = { keepAliveTimeout: 86_400_000, keepAliveMaxTimeout: 86_400_000 };

function openConnections(sockets: readonly Socket[]) {
  const free = [...sockets];
  const connect = (_options: object, callback: (error: Error | null, socket: Socket | null) => void): void => {
    const socket = free.shift();
    // undici waits for ever for an answer that comes at once.
    setImmediate(() => {
      if (socket === undefined) callback(new Error('every connection that was open is closed'), null);
      else callback(null, socket);
    });
  };
  return { ...FOR_EVER, connections: sockets.length, connect } as unknown as Agent.Options;
}

function certificateOptions(certificates: readonly ClientCertificate[]): { cert?: string[]; key?: string[] } {
  if (certificates.length === 0) return {};
  return { cert: certificates.map(({ certificate }) => certificate), key: certificates.map(({ key }) => key) };
}

function proxyAuthorization(proxy: URL): Readonly<Record<string, string>> {
  return proxy.username === '' ? {} : { 'proxy-authorization': basicAuthorization(proxy) };
}

/** The Basic credentials (RFC 7617) in an address. */
export function basicAuthorization(url: URL): string {
  const pair = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  return `Basic ${Buffer.from(pair).toString('base64')}`;
}
