import { NO_RETRY, downloadVerified } from '../http/index.ts';
import type { HttpClient } from '../http/index.ts';
import type { EventSink, TransferEvent } from '../foundation/index.ts';

/** A text of an archive that nothing but its signature proves. */
export interface ArchiveTextRequest {
  readonly url: string;
  readonly maximumBytes: number;
  readonly signal?: AbortSignal;
}

/** A file of an archive whose digest is known. */
export interface ArchiveFileRequest {
  readonly url: string;
  readonly digest: { readonly algorithm: 'sha256'; readonly hex: string };
  readonly sizeBytes: number;
  /** Where the file appears, complete and verified. */
  readonly path: string;
  /** For people: `nginx 1.26.3-3 amd64`. */
  readonly label: string;
  /** Whether a failure is the answer, because the file is likely to be nowhere else. */
  readonly once?: boolean;
  readonly events?: EventSink<TransferEvent>;
  readonly signal?: AbortSignal;
}

/** How bytes of an archive arrive here. Throws the errors of `http`; nothing is at `path` unless the digest is right. */
export interface ArchiveTransport {
  fetchText(request: ArchiveTextRequest): Promise<string>;
  fetchFile(request: ArchiveFileRequest): Promise<unknown>;
}

/** The transport of a platform, which has a client of its own. */
export function httpTransport(client: Pick<HttpClient, 'request'>): ArchiveTransport {
  return {
    async fetchText({ url, maximumBytes, signal }) {
      const response = await client.request({ url, ...(signal === undefined ? {} : { signal }) });
      return await response.text(maximumBytes);
    },
    async fetchFile({ once, ...file }) {
      await downloadVerified({ client, ...file, ...(once === true ? { retry: NO_RETRY } : {}) });
    },
  };
}
