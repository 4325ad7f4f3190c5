import { HttpError, NO_RETRY } from '../http/index.ts';
import type { HttpClient } from '../http/index.ts';

/** Longer than a slow line needs, shorter than people wait without a reason. */
const SILENCE_MILLISECONDS = 3_000;

/** For questions that can do without an answer: one attempt, and a server that did not answer is not asked again. */
export function impatientClient(http: Pick<HttpClient, 'request'>): Pick<HttpClient, 'request'> {
  const silent = new Map<string, HttpError>();
  return {
    async request(request) {
      const { origin } = new URL(request.url);
      const known = silent.get(origin);
      if (known !== undefined) throw known;
      try {
        return await http.request({ ...request, retry: NO_RETRY, idleTimeoutMilliseconds: SILENCE_MILLISECONDS });
      } catch (error) {
        if (error instanceof HttpError && error.status === undefined) silent.set(origin, error);
        throw error;
      }
    },
  };
}
