import type { HttpHeaders } from './headers.ts';
import type { RetryPolicy } from './retry.ts';

/** One HTTP client for the whole program. Made by `createHttpClient`. */
export interface HttpClient {
  /**
   * Sends a request, with retries and redirects, and resolves when the head of the response is here. Statuses other
   * than 2xx and those of `expect` throw {@link HttpError} `HTTP_STATUS`; no usable answer throws `HTTP_UNREACHABLE`;
   * a redirect that would lose security throws `HTTP_REDIRECT_REFUSED`. An abort throws the signal's reason.
   */
  request(request: HttpRequest): Promise<HttpResponse>;
  /** Ends idle connections; the client is unusable afterwards. */
  close(): Promise<void>;
}

export interface HttpRequest {
  /** `GET` by default. */
  readonly method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS';
  /** `http:` or `https:`. User info becomes a Basic `authorization` header. */
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: HttpBody;
  /** Statuses besides 2xx that the caller wants as values. */
  readonly expect?: readonly number[];
  /** `manual` hands a 3xx to the caller, who names it in `expect`. `follow` by default. */
  readonly redirect?: 'follow' | 'manual';
  /** Whether sending twice does no harm. By default what the method promises (RFC 9110 section 9.2.2). */
  readonly repeatable?: boolean;
  /** Instead of the client's policy. */
  readonly retry?: RetryPolicy;
  /** Longest silence of the peer while we wait for it; 0 waits for ever. Instead of the client's. */
  readonly idleTimeoutMilliseconds?: number;
  /** Accept any certificate: only for places that the user has declared insecure. */
  readonly unverifiedCertificate?: boolean;
  /** For this request, besides what the client trusts and says. A redirect to another origin keeps `ca` alone. */
  readonly tls?: TlsIdentity;
  readonly signal?: AbortSignal;
}

/** Whom to trust and who we are, as PEM texts. */
export interface TlsIdentity {
  /** Trusted besides the client's own. */
  readonly ca?: readonly string[];
  /** For servers that ask who we are. */
  readonly clientCertificates?: readonly ClientCertificate[];
}

export interface ClientCertificate {
  /** With its chain, where there is one. */
  readonly certificate: string;
  readonly key: string;
}

/** What a request carries. `open` is called once per attempt and gives a fresh stream each time. */
export interface HttpBody {
  /** Sent as content-length when known. */
  readonly sizeBytes?: number;
  open(): AsyncIterable<Uint8Array>;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: HttpHeaders;
  /** Where the answer came from, after redirects. */
  readonly url: string;
  /** The body as sent, once. Throws `HTTP_UNREACHABLE` when the connection breaks. Leaving the loop ends the transfer. */
  bytes(): AsyncIterable<Uint8Array>;
  /** The body as UTF-8; throws `HTTP_TOO_LARGE` past `maximumBytes` (4 MiB by default). */
  text(maximumBytes?: number): Promise<string>;
  /** The body parsed as JSON; throws `HTTP_BODY_INVALID` when it is none. */
  json(maximumBytes?: number): Promise<unknown>;
  /** Drops the body, so that the connection can be used again. */
  discard(): Promise<void>;
}

/** A body of bytes that are in memory. */
export function bytesBody(content: Uint8Array | string): HttpBody {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  return {
    sizeBytes: bytes.length,
    async *open() {
      yield bytes;
    },
  };
}
