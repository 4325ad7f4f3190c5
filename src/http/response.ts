import { HttpError, MAXIMUM_ERROR_BODY_BYTES } from './http-error.ts';
import type { HttpResponse } from './client.ts';
import type { HttpHeaders } from './headers.ts';

const MAXIMUM_TEXT_BYTES = 4 * 1024 * 1024;

/** The fields as undici gives them. */
export type RawHeaders = Readonly<Record<string, string | string[] | undefined>>;

export function httpHeaders(raw: RawHeaders): HttpHeaders {
  const getAll = (name: string): readonly string[] => {
    const value = raw[name.toLowerCase()];
    return value === undefined ? [] : Array.isArray(value) ? value : [value];
  };
  return { getAll, get: (name) => (getAll(name).length === 0 ? undefined : getAll(name).join(', ')) };
}

/** A response over a body that can be read once. */
export function httpResponse(options: {
  readonly status: number;
  readonly headers: HttpHeaders;
  readonly url: string;
  bytes(): AsyncIterable<Uint8Array>;
}): HttpResponse {
  const { url, headers, status } = options;
  const text = async (maximumBytes = MAXIMUM_TEXT_BYTES) => {
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of options.bytes()) {
      size += chunk.length;
      if (size > maximumBytes) {
        throw new HttpError({ code: 'HTTP_TOO_LARGE', message: `Cannot read ${url}: it is larger than ${maximumBytes} bytes`, url, status, transient: false });
      }
      chunks.push(chunk);
    }
    return Buffer.concat(chunks).toString('utf8');
  };
  return {
    status,
    headers,
    url,
    bytes: () => options.bytes(),
    text,
    json: async (maximumBytes) => parseJsonBody(await text(maximumBytes), { url, status, headers }),
    async discard() {
      let size = 0;
      // Reading a short rest is cheaper than a new connection; a long one is cut off.
      for await (const chunk of options.bytes()) if ((size += chunk.length) > MAXIMUM_ERROR_BODY_BYTES) break;
    },
  };
}

/** A body that was read as text, as JSON. Throws `HTTP_BODY_INVALID`. */
export function parseJsonBody(body: string, response: Pick<HttpResponse, 'url' | 'status' | 'headers'>): unknown {
  try {
    return JSON.parse(body) as unknown;
  } catch (cause) {
    throw new HttpError({
      code: 'HTTP_BODY_INVALID',
      message: `Cannot read ${response.url}: the answer is not JSON`,
      ...{ url: response.url, status: response.status, headers: response.headers },
      body: body.slice(0, MAXIMUM_ERROR_BODY_BYTES),
      transient: false,
      cause,
    });
  }
}

/** The beginning of a body, for an error message; whatever can be had. */
export async function readErrorBody(response: HttpResponse): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of response.bytes()) {
      chunks.push(chunk);
      if ((size += chunk.length) >= MAXIMUM_ERROR_BODY_BYTES) break;
    }
  } catch {
    // A body that breaks off must not hide the status that it came with.
  }
  return Buffer.concat(chunks).subarray(0, MAXIMUM_ERROR_BODY_BYTES).toString('utf8');
}
