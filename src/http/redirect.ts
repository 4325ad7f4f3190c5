import { HttpError } from './http-error.ts';
import type { HttpRequest } from './client.ts';

/** More hops than this are a loop. */
export const MAXIMUM_HOPS = 10;

/** Header fields that say who we are: they stay with the origin they were meant for. */
const CREDENTIAL_FIELDS = new Set(['authorization', 'cookie', 'proxy-authorization', 'x-registry-auth', 'x-registry-config']);

export function isRedirect(status: number): boolean {
  return status === 301 || status === 302 || status === 303 || status === 307 || status === 308;
}

/**
 * The request that follows a redirect (RFC 9110 section 15.4). Credentials never reach another origin, and https is
 * never left for http. Throws `HTTP_REDIRECT_REFUSED`.
 */
export function redirectedRequest(request: HttpRequest, status: number, location: string | undefined): HttpRequest {
  const from = new URL(request.url);
  const refuse = (why: string) =>
    new HttpError({
      code: 'HTTP_REDIRECT_REFUSED',
      message: `Cannot follow the redirect of ${request.url}: ${why}`,
      url: request.url,
      status,
      transient: false,
    });
  if (location === undefined || location === '') throw refuse('it names no address');
  let to: URL;
  try {
    to = new URL(location, from);
  } catch {
    throw refuse(`"${location}" is not an address`);
  }
  if (to.protocol !== 'http:' && to.protocol !== 'https:') throw refuse(`it leads to ${to.protocol}`);
  if (from.protocol === 'https:' && to.protocol === 'http:') throw refuse(`it leads from https to http at ${to.host}`);
  if (to.username !== '' || to.password !== '') throw refuse('its address has a user name');
  const method = request.method ?? 'GET';
  // Browsers, curl and Go all turn a redirected POST into a GET, except for 307 and 308.
  const becomesGet = method !== 'GET' && method !== 'HEAD' && (status === 301 || status === 302 || status === 303);
  const headers = Object.entries(request.headers ?? {}).filter(([name]) => {
    const field = name.toLowerCase();
    if (becomesGet && field.startsWith('content-')) return false;
    return to.origin === from.origin || !CREDENTIAL_FIELDS.has(field);
  });
  const { body, tls, ...rest } = request;
  // A client certificate says who we are, too.
  const trust = to.origin === from.origin || tls?.clientCertificates === undefined ? tls : tls.ca === undefined ? undefined : { ca: tls.ca };
  return {
    ...rest,
    ...(trust === undefined ? {} : { tls: trust }),
    url: to.href,
    headers: Object.fromEntries(headers),
    ...(becomesGet ? { method: 'GET' as const } : body === undefined ? {} : { body }),
  };
}
