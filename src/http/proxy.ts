import { BlockList, isIP } from 'node:net';
import { TspackError } from '../foundation/index.ts';

/** Which proxy to use, as data. */
export interface ProxySettings {
  /** For `http:` addresses. */
  readonly http?: string;
  /** For `https:` addresses. */
  readonly https?: string;
  /** Comma separated: `*`, `example.com` (and below), `.example.com` (below only), IP addresses, CIDR ranges, each with an optional `:port`. */
  readonly no?: string;
}

/**
 * Reads `http_proxy`, `HTTP_PROXY`, `https_proxy`, `HTTPS_PROXY`, `no_proxy` and `NO_PROXY`; lower case wins, as in
 * curl. `HTTP_PROXY` is ignored in a CGI process, where a request header could set it.
 */
export function readProxySettings(env: Readonly<Record<string, string | undefined>>): ProxySettings {
  const http = env.http_proxy || (env.REQUEST_METHOD === undefined ? env.HTTP_PROXY : undefined);
  const https = env.https_proxy || env.HTTPS_PROXY;
  const no = env.no_proxy || env.NO_PROXY;
  return { ...(http ? { http } : {}), ...(https ? { https } : {}), ...(no ? { no } : {}) };
}

/**
 * The proxy for an address, or undefined to connect directly. The loopback interface is never proxied.
 * Throws `HTTP_PROXY_INVALID`.
 */
export function selectProxy(settings: ProxySettings, url: URL): URL | undefined {
  const proxy = url.protocol === 'https:' ? settings.https : settings.http;
  if (proxy === undefined || isLoopbackHost(url.hostname) || isExcluded(settings.no ?? '', url)) return undefined;
  const address = proxy.includes('://') ? proxy : `http://${proxy}`;
  if (URL.canParse(address) && /^https?:$/.test(new URL(address).protocol)) return new URL(address);
  const variable = url.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY';
  throw new TspackError({
    code: 'HTTP_PROXY_INVALID',
    // Its value may hold a password.
    message: `Cannot use the proxy in ${variable}: want an http or https address`,
    nextStep: `Set ${variable} to an address such as http://proxy.example.com:3128`,
  });
}

/** `localhost`, names below it, 127.0.0.0/8 and ::1. */
export function isLoopbackHost(hostname: string): boolean {
  const host = bare(hostname);
  if (host === 'localhost' || host.endsWith('.localhost') || host === '::1') return true;
  return isIP(host) === 4 && host.startsWith('127.');
}

function isExcluded(list: string, url: URL): boolean {
  const host = bare(url.hostname);
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  return list
    .split(/[\s,]+/)
    .filter((rule) => rule !== '')
    .some((rule) => rule === '*' || matches(rule.toLowerCase(), host, port));
}

function matches(rule: string, host: string, port: string): boolean {
  const { name, rulePort } = splitPort(rule);
  if (rulePort !== undefined && rulePort !== port) return false;
  if (name.includes('/')) return inRange(name, host);
  if (isIP(bare(name)) > 0) return bare(name) === host;
  if (name.startsWith('*.') || name.startsWith('.')) return host.endsWith(name.replace(/^\*/, ''));
  return host === name || host.endsWith(`.${name}`);
}

function splitPort(rule: string): { name: string; rulePort: string | undefined } {
  if (isIP(rule) === 6) return { name: rule, rulePort: undefined };
  const [, name, rulePort] = /^(.*?)(?::(\d+))?$/.exec(rule)!;
  return { name: name!, rulePort };
}

function inRange(range: string, host: string): boolean {
  const [network, bits] = range.split('/');
  const family = isIP(network!);
  if (family === 0 || isIP(host) !== family || !/^\d{1,3}$/.test(bits!) || Number(bits) > (family === 4 ? 32 : 128)) return false;
  const list = new BlockList();
  list.addSubnet(network!, Number(bits), family === 4 ? 'ipv4' : 'ipv6');
  return list.check(host, family === 4 ? 'ipv4' : 'ipv6');
}

function bare(hostname: string): string {
  return hostname
    .toLowerCase()
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '');
}
