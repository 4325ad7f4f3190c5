/**
 * One HTTP client for the whole program, over undici: retries with back-off, proxies, timeouts, size limits, redirects
 * that carry no credentials elsewhere (RFC 9110), and downloads that are verified before they appear. It knows nothing
 * of registries, Docker or Debian.
 *
 * ```ts
 * const client = createHttpClient({ userAgent: 'tspack/0.1', clock: systemClock, proxy: readProxySettings(env) });
 * await downloadVerified({ client, url, digest: { algorithm: 'sha256', hex }, path, label: 'node 22.1.0' });
 * ```
 *
 * @packageDocumentation
 */
export { bytesBody } from './client.ts';
export type { ClientCertificate, HttpBody, HttpClient, HttpRequest, HttpResponse, TlsIdentity } from './client.ts';
export type { HttpHeaders } from './headers.ts';
export { createHttpClient } from './create-http-client.ts';
export type { HttpClientOptions, HttpRetryEvent } from './create-http-client.ts';
export { HttpError } from './http-error.ts';
export type { HttpErrorCode } from './http-error.ts';
export { DEFAULT_RETRY_POLICY, NO_RETRY, backOff, retryAfterMilliseconds, sleep } from './retry.ts';
export type { RetryPolicy, Sleep } from './retry.ts';
export { isLoopbackHost, readProxySettings, selectProxy } from './proxy.ts';
export type { ProxySettings } from './proxy.ts';
export { parseJsonBody } from './response.ts';
export { readResumable } from './read-resumable.ts';
export type { ResumableRequest } from './read-resumable.ts';
export { downloadVerified } from './download-verified.ts';
export type { ContentDigest, VerifiedDownload } from './download-verified.ts';
