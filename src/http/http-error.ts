import { TspackError, redact } from '../foundation/index.ts';
import { isLoopbackHost } from './proxy.ts';
import type { HttpHeaders } from './headers.ts';

export type HttpErrorCode = 'HTTP_STATUS' | 'HTTP_UNREACHABLE' | 'HTTP_REDIRECT_REFUSED' | 'HTTP_TOO_LARGE' | 'HTTP_BODY_INVALID';

/** At most this much of an error's body is read and kept. */
export const MAXIMUM_ERROR_BODY_BYTES = 64 * 1024;

export interface HttpErrorOptions {
  readonly code: HttpErrorCode;
  readonly message: string;
  readonly url: string;
  readonly transient: boolean;
  readonly nextStep?: string | undefined;
  readonly status?: number | undefined;
  readonly headers?: HttpHeaders | undefined;
  readonly body?: string | undefined;
  readonly certificate?: CertificateProblem | undefined;
  readonly cause?: unknown;
}

/** The server's certificate is not trusted, or the server wants another one of ours, or any at all. */
export type CertificateProblem = 'untrusted' | 'wanted';

/** A request that did not succeed. */
export class HttpError extends TspackError<HttpErrorCode> {
  /** undefined when there was no answer. */
  readonly status: number | undefined;
  /** Without user info and without query values that may be secret. */
  readonly url: string;
  /** Of the answer that was refused. */
  readonly headers: HttpHeaders | undefined;
  /** The beginning of the answer's body, at most 64 KiB. */
  readonly body: string;
  /** When certificates are why. */
  readonly certificate: CertificateProblem | undefined;
  /** Whether the same request may succeed later. */
  readonly transient: boolean;

  constructor(options: HttpErrorOptions) {
    super(options);
    this.status = options.status;
    this.url = redact(options.url);
    this.headers = options.headers;
    this.body = options.body ?? '';
    this.certificate = options.certificate;
    this.transient = options.transient;
  }
}

/** The error for an answer with a status that the caller does not want. */
export function statusError(method: string, url: string, status: number, headers: HttpHeaders, body: string): HttpError {
  const wanted = status === 400 && /ssl certificate (was sent|error)/i.test(body);
  return new HttpError({
    code: 'HTTP_STATUS',
    message: `Cannot ${method} ${url}: the server answers ${status}`,
    nextStep: wanted ? CLIENT_CERTIFICATE_STEP : nextStepForStatus(status, headers),
    // nginx lets everybody in and refuses by a page.
    certificate: wanted ? 'wanted' : undefined,
    url,
    status,
    headers,
    body,
    transient: isTransientStatus(status),
  });
}

export function isTransientStatus(status: number): boolean {
  return status === 408 || status === 429 || (status >= 500 && status !== 501 && status !== 505);
}

function nextStepForStatus(status: number, headers: HttpHeaders): string | undefined {
  if (status === 407) return 'Give the proxy a user name and password in HTTPS_PROXY or HTTP_PROXY';
  if (status === 429 || status === 503) {
    const after = headers.get('retry-after');
    return after === undefined || !/^\d+$/.test(after) ? 'Try again later' : `Try again in ${after} seconds`;
  }
  return isTransientStatus(status) ? 'Try again later' : undefined;
}

/** The error for a request that got no usable answer. `proxy` is the host of the one on the way. */
export function unreachableError(method: string, url: string, cause: unknown, proxy?: string): HttpError {
  const { why, nextStep, transient, certificate } = (proxy === undefined ? undefined : explainProxy(cause, proxy)) ?? explain(cause, url);
  return new HttpError({ code: 'HTTP_UNREACHABLE', message: `Cannot ${method} ${url}: ${why}`, nextStep, url, transient, certificate, cause });
}

const CERTIFICATE_CODES = /^(UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|CERT_|CRL_|INVALID_CA|ERR_TLS_CERT|ERR_TLS_)/;

/** How servers say in TLS that they want another certificate of ours (RFC 8446 section 6.2). */
const CLIENT_CERTIFICATE_ALERTS = /_ALERT_(CERTIFICATE_|BAD_CERTIFICATE|HANDSHAKE_FAILURE|UNKNOWN_CA|ACCESS_DENIED)/;

const CLIENT_CERTIFICATE_STEP = 'Ask whoever runs the server for a client certificate';

/** No connection is made to anything but the proxy: when none comes about, it is the proxy's. */
function explainProxy(cause: unknown, proxy: string): Explanation | undefined {
  const { code } = rootCause(cause);
  const why = {
    ECONNREFUSED: 'refuses the connection',
    ENOTFOUND: 'cannot be found',
    EAI_AGAIN: 'cannot be found',
    UND_ERR_CONNECT_TIMEOUT: 'does not answer',
  }[String(code)];
  if (why === undefined) return undefined;
  const nextStep = 'Correct the proxy in HTTPS_PROXY or HTTP_PROXY, or take it away; NO_PROXY lists hosts that need none';
  return { why: `the proxy ${proxy} ${why} (${String(code)})`, nextStep, transient: code !== 'ENOTFOUND' };
}

interface Explanation {
  readonly why: string;
  readonly nextStep: string | undefined;
  readonly transient: boolean;
  readonly certificate?: CertificateProblem;
}

function explain(cause: unknown, url: string): Explanation {
  const error = rootCause(cause);
  const code = String(error.code ?? '');
  const { host, hostname, protocol } = new URL(url);
  if (CERTIFICATE_CODES.test(code)) {
    const nextStep = "Check the system date, and name the file with your organisation's CA certificates in NODE_EXTRA_CA_CERTS";
    return { why: `the certificate of ${host} is not trusted (${code})`, nextStep, transient: false, certificate: 'untrusted' };
  }
  if (CLIENT_CERTIFICATE_ALERTS.test(code)) {
    return { why: `${host} wants another client certificate, or any at all`, nextStep: CLIENT_CERTIFICATE_STEP, transient: false, certificate: 'wanted' };
  }
  if (protocol === 'https:' && endedUnheard(error)) {
    const why = `${host} ends the connection without an answer, as servers do that want a client certificate`;
    return { why, nextStep: `Check the network. ${CLIENT_CERTIFICATE_STEP}`, transient: true, certificate: 'wanted' };
  }
  if (code === 'EPROTO') {
    return { why: `${host} does not speak TLS as expected`, nextStep: 'Check the address, and the proxy in HTTPS_PROXY if there is one', transient: false };
  }
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    const nextStep = 'Check the name, the network, and the proxy in HTTPS_PROXY if this network needs one';
    return { why: `the host name of ${host} cannot be found (${code})`, nextStep, transient: code === 'EAI_AGAIN' };
  }
  if (error.message.includes('HTTP Tunneling') || error.message.includes('Proxy Authentication')) {
    const status = /\((\d{3})\)/.exec(error.message)?.[1];
    return {
      why: `the proxy refuses the connection (${status ?? error.message})`,
      nextStep: 'Check the address, user name and password in HTTPS_PROXY',
      transient: false,
    };
  }
  if (code === 'ECONNREFUSED' && isLoopbackHost(hostname)) {
    // Waiting does not start a server on our own machine.
    return { why: `nothing listens at ${host}`, nextStep: `Start the server at ${host}, or check the address`, transient: false };
  }
  const why = code === 'ECONNREFUSED' ? `${host} refuses the connection` : error.message || code;
  return { why, nextStep: 'Check the network, and the proxy in HTTPS_PROXY if this network needs one', transient: true };
}

/** In TLS 1.3 a server refuses a client when the handshake is over for us, and undici does not tell its alert from the end. */
function endedUnheard(error: Error & { code?: unknown; socket?: { readonly bytesRead?: number } | null }): boolean {
  return error.code === 'UND_ERR_SOCKET' && error.message === 'other side closed' && error.socket?.bytesRead === 0;
}

/** Node reports a failed connection to several addresses as an AggregateError; its members say more. */
function rootCause(cause: unknown): Error & { code?: unknown } {
  if (cause instanceof AggregateError && cause.errors[0] instanceof Error) return cause.errors[0];
  return cause instanceof Error ? cause : new Error(String(cause));
}
