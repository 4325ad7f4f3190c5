import { createHash } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { TspackError, hasSystemCode, temporaryBeside } from '../foundation/index.ts';
import type { EventSink, TransferEvent } from '../foundation/index.ts';
import { HttpError } from './http-error.ts';
import { readResumable } from './read-resumable.ts';
import type { HttpClient } from './client.ts';
import type { RetryPolicy, Sleep } from './retry.ts';

/** What content must hash to. One of `hex` and `base64`. */
export type ContentDigest =
  { readonly algorithm: 'sha256' | 'sha512'; readonly hex: string } | { readonly algorithm: 'sha256' | 'sha512'; readonly base64: string };

export interface VerifiedDownload {
  readonly client: Pick<HttpClient, 'request'>;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly digest: ContentDigest;
  /** A longer body is cut off as wrong, a shorter one is resumed. */
  readonly sizeBytes?: number;
  /** Where the file appears, complete and verified. Missing folders are made. */
  readonly path: string;
  /** For people: `node 22.1.0`. */
  readonly label: string;
  readonly events?: EventSink<TransferEvent>;
  readonly signal?: AbortSignal;
  readonly retry?: RetryPolicy;
  readonly sleep?: Sleep;
}

/** Progress is told after this many bytes: often enough for a bar, seldom enough to cost nothing. */
const EVENT_BYTES = 512 * 1024;

/**
 * Downloads a file of known digest: into a temporary file beside `path`, resumed when the connection breaks, renamed
 * only when the digest is right. Returns its size in bytes.
 *
 * Throws `DOWNLOAD_DIGEST_MISMATCH` (nothing is kept), `DOWNLOAD_FAILED` around an {@link HttpError} or a file error.
 */
export async function downloadVerified(download: VerifiedDownload): Promise<{ readonly sizeBytes: number }> {
  const temporary = temporaryBeside(download.path);
  try {
    await mkdir(dirname(download.path), { recursive: true });
    const file = await open(temporary, 'wx');
    try {
      let result = await transfer(download, file);
      if (!result.verified && result.resumed) {
        // The parts may come from two versions of the file: one whole read tells.
        await file.truncate(0);
        result = await transfer(download, file);
      }
      if (!result.verified) throw mismatch(download, result.found);
      await file.sync();
      await file.close();
      await rename(temporary, download.path);
      return { sizeBytes: result.sizeBytes };
    } finally {
      await file.close();
    }
  } catch (error) {
    await rm(temporary, { force: true });
    throw failure(download, error);
  }
}

interface Transfer {
  readonly sizeBytes: number;
  readonly verified: boolean;
  readonly resumed: boolean;
  /** For the error message: what came instead. */
  readonly found: string;
}

async function transfer(download: VerifiedDownload, file: FileHandle): Promise<Transfer> {
  const { client, url, headers, sizeBytes, signal, digest, label } = download;
  const hash = createHash(digest.algorithm);
  let done = 0;
  let told = 0;
  let total = sizeBytes;
  let resumed = false;
  const tell = (finished: boolean) => {
    told = done;
    download.events?.({ kind: 'transfer', id: download.path, label, direction: 'download', doneBytes: done, totalBytes: total, finished });
  };
  const body = readResumable({
    client,
    request: { url, ...(headers === undefined ? {} : { headers }), ...(signal === undefined ? {} : { signal }) },
    ...(sizeBytes === undefined ? {} : { sizeBytes }),
    ...(download.retry === undefined ? {} : { retry: download.retry }),
    ...(download.sleep === undefined ? {} : { sleep: download.sleep }),
    onResponse(response, offset) {
      if (offset > 0) resumed = true;
      const length = response.headers.get('content-length');
      if (offset === 0 && length !== undefined) total ??= Number(length);
      tell(false);
    },
  });
  for await (const chunk of body) {
    done += chunk.length;
    if (sizeBytes !== undefined && done > sizeBytes) return { sizeBytes: done, verified: false, resumed, found: `more than ${sizeBytes} bytes` };
    hash.update(chunk);
    for (let offset = 0; offset < chunk.length;) {
      offset += (await file.write(chunk, offset, chunk.length - offset, done - chunk.length + offset)).bytesWritten;
    }
    if (done - told >= EVENT_BYTES) tell(false);
  }
  const found = hash.digest();
  const verified = found.equals(wantedBytes(digest));
  if (verified) tell(true);
  return { sizeBytes: done, verified, resumed, found: `${digest.algorithm} ${found.toString('hex')}` };
}

function wantedBytes(digest: ContentDigest): Buffer {
  return 'hex' in digest ? Buffer.from(digest.hex, 'hex') : Buffer.from(digest.base64, 'base64');
}

function mismatch(download: VerifiedDownload, found: string): TspackError {
  const wanted = `${download.digest.algorithm} ${wantedBytes(download.digest).toString('hex')}`;
  return new TspackError({
    code: 'DOWNLOAD_DIGEST_MISMATCH',
    message: `Cannot use ${download.label} from ${download.url}: it has ${found}, want ${wanted}`,
    nextStep: 'Try again; if it stays, the server or a proxy in between serves other content than what was pinned',
  });
}

function failure(download: VerifiedDownload, error: unknown): unknown {
  if (download.signal?.aborted === true) return download.signal.reason;
  if (error instanceof HttpError) {
    const { message, nextStep } = error;
    return new TspackError({ code: 'DOWNLOAD_FAILED', message: `Cannot download ${download.label}: ${message}`, nextStep, cause: error });
  }
  if (hasSystemCode(error, 'ENOSPC', 'EDQUOT')) {
    return new TspackError({
      code: 'DOWNLOAD_FAILED',
      message: `Cannot download ${download.label}: no space is left for ${download.path}`,
      nextStep: 'Free some space on that disk and try again',
      cause: error,
    });
  }
  if (hasSystemCode(error, 'EACCES', 'EROFS', 'EPERM')) {
    return new TspackError({
      code: 'DOWNLOAD_FAILED',
      message: `Cannot download ${download.label}: ${download.path} cannot be written`,
      nextStep: 'Check the permissions of that folder',
      cause: error,
    });
  }
  return error;
}
