import { createDispatchers } from './dispatchers.ts';
import { exchange } from './exchange.ts';
import { HttpError, isTransientStatus, statusError } from './http-error.ts';
import { MAXIMUM_HOPS, isRedirect, redirectedRequest } from './redirect.ts';
import { readErrorBody } from './response.ts';
import { DEFAULT_RETRY_POLICY, backOff, retryAfterMilliseconds, sleep } from './retry.ts';
import type { Socket } from 'node:net';
import type { Clock, EventSink } from '../foundation/index.ts';
import type { ClientCertificate, HttpClient, HttpRequest, HttpResponse } from './client.ts';
import type { ProxySettings } from './proxy.ts';
import type { RetryPolicy, Sleep } from './retry.ts';

/** A request failed and will be sent again. */
export interface HttpRetryEvent {
  readonly kind: 'http-retry';
  readonly method: string;
  /** Redacted. */
  readonly url: string;
  readonly reason: string;
  /** Of the attempt that failed, from 1. */
  readonly attempt: number;
  readonly delayMilliseconds: number;
}

export interface HttpClientOptions {
  readonly userAgent: string;
  readonly clock: Clock;
  readonly proxy?: ProxySettings;
  /** PEM texts to trust besides Node's own certificates. Names of files are not accepted: reading them is the caller's. */
  readonly ca?: readonly string[];
  readonly clientCertificate?: ClientCertificate;
  /** Send everything to this Unix socket. */
  readonly socketPath?: string;
  /** Send everything over these connections, which are open: for a socket that will be out of reach later. */
  readonly sockets?: readonly Socket[];
  readonly retry?: RetryPolicy;
  readonly connectTimeoutMilliseconds?: number;
  readonly idleTimeoutMilliseconds?: number;
  readonly events?: EventSink<HttpRetryEvent>;
  readonly sleep?: Sleep;
  /** In [0, 1); for the jitter of pauses. */
  readonly random?: () => number;
}

/** Makes the HTTP client. It connects to nothing until a request is sent. */
export function createHttpClient(options: HttpClientOptions): HttpClient {
  const dispatchers = createDispatchers({
    ca: options.ca ?? [],
    proxy: options.proxy ?? {},
    connectTimeoutMilliseconds: options.connectTimeoutMilliseconds ?? 15_000,
    clientCertificates: options.clientCertificate === undefined ? [] : [options.clientCertificate],
    ...(options.socketPath === undefined ? {} : { socketPath: options.socketPath }),
    ...(options.sockets === undefined ? {} : { sockets: options.sockets }),
  });
  const context = { dispatchers, userAgent: options.userAgent, idleTimeoutMilliseconds: options.idleTimeoutMilliseconds ?? 60_000 };
  const pause = options.sleep ?? sleep;
  const random = options.random ?? Math.random;

  /** One attempt: the request and the redirects it leads to. */
  async function attempt(first: HttpRequest): Promise<HttpResponse> {
    let request = first;
    for (let hop = 0; ; hop++) {
      const response = await exchange(request, context);
      if (!isRedirect(response.status) || request.redirect === 'manual') return response;
      await response.discard();
      if (hop === MAXIMUM_HOPS) {
        const { url, status } = response;
        throw new HttpError({
          code: 'HTTP_REDIRECT_REFUSED',
          message: `Cannot follow the redirects of ${first.url}: more than ${MAXIMUM_HOPS}`,
          url,
          status,
          transient: false,
        });
      }
      request = redirectedRequest(request, response.status, response.headers.get('location'));
    }
  }

  /** A wanted response, or the error to throw unless another attempt may help. */
  async function outcome(request: HttpRequest): Promise<HttpResponse | HttpError> {
    let response: HttpResponse;
    try {
      response = await attempt(request);
    } catch (error) {
      if (error instanceof HttpError) return error;
      throw error;
    }
    const { status } = response;
    if ((status >= 200 && status < 300) || request.expect?.includes(status) === true) return response;
    return statusError(request.method ?? 'GET', response.url, status, response.headers, await readErrorBody(response));
  }

  return {
    async request(request) {
      const policy = request.retry ?? options.retry ?? DEFAULT_RETRY_POLICY;
      for (let failures = 1; ; failures++) {
        const result = await outcome(request);
        if (!(result instanceof HttpError)) return result;
        const wait = pauseBefore(result, failures);
        if (failures >= policy.attempts || wait === undefined) throw result;
        const { url, message } = result;
        options.events?.({ kind: 'http-retry', method: request.method ?? 'GET', url, reason: message, attempt: failures, delayMilliseconds: wait });
        await pause(wait, request.signal);
      }

      function pauseBefore(error: HttpError, failures: number): number | undefined {
        if (!error.transient || !mayRepeat(request, error)) return undefined;
        const asked = error.headers === undefined ? undefined : retryAfterMilliseconds(error.headers, options.clock);
        if (asked === undefined) return backOff(policy, failures, random());
        return asked > policy.maximumRetryAfterMilliseconds ? undefined : asked;
      }
    },
    close: () => dispatchers.close(),
  };
}

const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);

function mayRepeat(request: HttpRequest, error: HttpError): boolean {
  // A server that asks for patience has not done the work, whatever the method (RFC 6585 section 4).
  if (error.status === 429) return true;
  if (error.status !== undefined && !isTransientStatus(error.status)) return false;
  return request.repeatable ?? IDEMPOTENT.has(request.method ?? 'GET');
}
