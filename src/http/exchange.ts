import type { Dispatchers } from './dispatchers.ts';
import { basicAuthorization } from './dispatchers.ts';
import { unreachableError } from './http-error.ts';
import { httpHeaders, httpResponse } from './response.ts';
import type { HttpBody, HttpRequest, HttpResponse } from './client.ts';

/**
 * Sends a request once, without following redirects. Rejects with `HTTP_UNREACHABLE`, with the abort reason, or with
 * what the request's own body threw.
 */
export async function exchange(
  request: HttpRequest,
  context: { readonly dispatchers: Dispatchers; readonly userAgent: string; readonly idleTimeoutMilliseconds: number },
): Promise<HttpResponse> {
  const { signal } = request;
  signal?.throwIfAborted();
  const method = request.method ?? 'GET';
  const url = new URL(request.url);
  const route = await context.dispatchers.route(url, { unverifiedCertificate: request.unverifiedCertificate ?? false, identity: request.tls ?? {} });
  const watch = watchSilence(request.idleTimeoutMilliseconds ?? context.idleTimeoutMilliseconds, signal);
  const source: { error?: unknown } = {};
  const fail = (error: unknown) => {
    watch.end();
    if (signal?.aborted === true) return signal.reason as unknown;
    if ('error' in source) return source.error;
    return unreachableError(method, shown(url), watch.silence() ?? error, route.proxy);
  };
  try {
    watch.resume();
    const answer = await route.dispatcher.request({
      origin: route.origin,
      path: route.path,
      method,
      headers: {
        'user-agent': context.userAgent,
        ...(url.username === '' ? {} : { authorization: basicAuthorization(url) }),
        ...request.headers,
        ...route.headers,
        ...(request.body?.sizeBytes === undefined ? {} : { 'content-length': String(request.body.sizeBytes) }),
      },
      body: request.body === undefined ? null : (watchedBody(request.body, watch, source) as never),
      signal: watch.signal,
    });
    watch.pause();
    async function* bytes(): AsyncGenerator<Uint8Array> {
      try {
        watch.resume();
        for await (const chunk of answer.body as AsyncIterable<Uint8Array>) {
          watch.pause();
          yield chunk;
          watch.resume();
        }
      } catch (error) {
        throw fail(error);
      } finally {
        watch.end();
      }
    }
    return httpResponse({ status: answer.statusCode, headers: httpHeaders(answer.headers), url: shown(url), bytes });
  } catch (error) {
    throw fail(error);
  }
}

/** Without user info, which only we may know. */
function shown(url: URL): string {
  if (url.username === '' && url.password === '') return url.href;
  const copy = new URL(url);
  copy.username = '';
  copy.password = '';
  return copy.href;
}

async function* watchedBody(body: HttpBody, watch: SilenceWatch, source: { error?: unknown }): AsyncGenerator<Uint8Array> {
  // While the source makes the next bytes, the peer is not to blame for silence.
  watch.pause();
  try {
    for await (const chunk of body.open()) {
      watch.resume();
      yield chunk;
      watch.pause();
    }
  } catch (error) {
    source.error = error;
    throw error;
  } finally {
    watch.resume();
  }
}

interface SilenceWatch {
  /** Fires for the caller's abort and for silence. */
  readonly signal: AbortSignal;
  /** From now on we wait for the peer. */
  resume(): void;
  pause(): void;
  end(): void;
  /** The error when silence ended the request. */
  silence(): Error | undefined;
}

function watchSilence(milliseconds: number, outer: AbortSignal | undefined): SilenceWatch {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let ended = false;
  let silent: Error | undefined;
  const abort = () => controller.abort(outer?.reason);
  outer?.addEventListener('abort', abort, { once: true });
  const pause = () => clearTimeout(timer);
  return {
    signal: controller.signal,
    resume() {
      clearTimeout(timer);
      if (milliseconds === 0 || ended) return;
      timer = setTimeout(() => {
        silent = new Error(`no answer for ${milliseconds / 1000} seconds`);
        controller.abort(silent);
      }, milliseconds);
    },
    pause,
    end() {
      ended = true;
      pause();
      outer?.removeEventListener('abort', abort);
    },
    silence: () => silent,
  };
}
