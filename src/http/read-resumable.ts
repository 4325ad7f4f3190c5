import { HttpError, unreachableError } from './http-error.ts';
import { DEFAULT_RETRY_POLICY, backOff, sleep } from './retry.ts';
import type { HttpClient, HttpRequest, HttpResponse } from './client.ts';
import type { HttpHeaders } from './headers.ts';
import type { RetryPolicy, Sleep } from './retry.ts';

export interface ResumableRequest {
  readonly client: Pick<HttpClient, 'request'>;
  /** A GET. Asked anew for the current address each time, because signed addresses and tokens expire. */
  readonly request: HttpRequest | (() => Promise<HttpRequest>);
  /** Size in bytes when known: a body that ends earlier counts as broken. */
  readonly sizeBytes?: number;
  /** Limits attempts that bring no progress. */
  readonly retry?: RetryPolicy;
  readonly sleep?: Sleep;
  readonly random?: () => number;
  /** Told of the head of each answer. */
  readonly onResponse?: (response: HttpResponse, offsetBytes: number) => void;
}

/**
 * The body of a GET, which survives broken connections: it goes on where it stopped, by range request (RFC 9110
 * section 14) or, when the server knows none, by reading again and skipping. The bytes are not verified: a server may
 * change its mind in between. Throws as `HttpClient.request` does.
 */
export async function* readResumable(options: ResumableRequest): AsyncGenerator<Uint8Array> {
  const { client, sizeBytes } = options;
  const policy = options.retry ?? DEFAULT_RETRY_POLICY;
  let offset = 0;
  let validator: string | undefined;
  let failures = 0;
  let ranges = true;
  for (;;) {
    const request = typeof options.request === 'function' ? await options.request() : options.request;
    const before = offset;
    const response = await client.request(rangeRequest(request, ranges ? offset : 0, validator));
    if (response.status === 416 && offset > 0 && ranges) {
      // Some servers do not pass over a range that they do not know, as they should, but refuse.
      ranges = false;
      await response.discard();
      continue;
    }
    options.onResponse?.(response, offset);
    validator ??= strongValidator(response.headers);
    let broken: HttpError;
    try {
      let skip = offset - startOf(response, offset);
      for await (const chunk of response.bytes()) {
        const fresh = skip === 0 ? chunk : chunk.subarray(Math.min(skip, chunk.length));
        skip -= chunk.length - fresh.length;
        if (fresh.length === 0) continue;
        offset += fresh.length;
        yield fresh;
      }
      if (sizeBytes === undefined || offset >= sizeBytes) return;
      broken = unreachableError('GET', response.url, new Error(`the answer ends after ${offset} of ${sizeBytes} bytes`));
    } catch (error) {
      if (!(error instanceof HttpError) || !error.transient) throw error;
      if (offset === sizeBytes) return;
      broken = error;
    }
    failures = offset > before ? 1 : failures + 1;
    if (failures >= policy.attempts) throw broken;
    await (options.sleep ?? sleep)(backOff(policy, failures, (options.random ?? Math.random)()), request.signal);
  }
}

function rangeRequest(request: HttpRequest, offset: number, validator: string | undefined): HttpRequest {
  const headers = { ...request.headers, 'accept-encoding': 'identity' };
  if (offset === 0) return { ...request, headers };
  return {
    ...request,
    expect: [...(request.expect ?? []), 416],
    headers: { ...headers, range: `bytes=${offset}-`, ...(validator === undefined ? {} : { 'if-range': validator }) },
  };
}

/** Where the bytes of an answer begin. */
function startOf(response: HttpResponse, offset: number): number {
  if (response.status !== 206) return 0;
  const start = /^bytes (\d+)-/.exec(response.headers.get('content-range') ?? '')?.[1];
  if (start !== undefined && Number(start) <= offset) return Number(start);
  throw new HttpError({
    code: 'HTTP_BODY_INVALID',
    message: `Cannot read ${response.url}: asked for the bytes from ${offset}, the server sends "${response.headers.get('content-range') ?? ''}"`,
    url: response.url,
    status: response.status,
    transient: false,
  });
}

/** What `If-Range` may carry: a strong entity tag, else the date (RFC 9110 section 13.1.5). */
function strongValidator(headers: HttpHeaders): string | undefined {
  const tag = headers.get('etag');
  return tag !== undefined && tag.startsWith('"') ? tag : headers.get('last-modified');
}
