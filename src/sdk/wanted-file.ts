import { publicUrl, TspackError } from '../foundation/index.ts';
import type { FileDigest } from '../foundation/index.ts';
import type { ContentDigest, HttpClient } from '../http/index.ts';
import { mirroredUrl, type MirrorMap } from './mirrors.ts';
import type { WantedFile } from './planning.ts';
import type { SharedDownloads } from './shared-downloads.ts';

/** A file that is about to be fetched. */
export interface AnnouncedFile {
  readonly label: string;
  readonly digest: ContentDigest;
  readonly sizeBytes?: number;
}

/** Where a wanted file can be looked for. */
export interface WantedPlaces {
  readonly shared: SharedDownloads;
  readonly mirrors: MirrorMap;
  /** A client, and the address to use; absent when nobody may be asked. */
  readonly open?: (url: string) => Promise<{ readonly client: HttpClient; readonly url: string }>;
}

/** What a plan tells of a file: whether it is here, and its size, which a server is asked for when nobody else knows. */
export async function describeWantedFile(
  { label, url, headers, digest, sizeBytes }: AnnouncedFile & { readonly url?: string; readonly headers?: Readonly<Record<string, string>> },
  { shared, mirrors, open }: WantedPlaces,
): Promise<WantedFile> {
  const wanted = hexDigest(digest);
  const described = { label, digest: `${wanted.algorithm}:${wanted.hex}`, ...(url === undefined ? {} : { url: publicUrl(mirroredUrl(url, mirrors)) }) };
  const known = shared.find(wanted);
  if (known !== undefined) return { ...described, sizeBytes: known, from: 'store' };
  const size = sizeBytes ?? (url === undefined || open === undefined ? undefined : await askSize(url, headers, open));
  return { ...described, ...(size === undefined ? {} : { sizeBytes: size }), from: 'network' };
}

/** As the server says; undefined where it does not. */
async function askSize(url: string, headers: Readonly<Record<string, string>> = {}, open: NonNullable<WantedPlaces['open']>): Promise<number | undefined> {
  try {
    const target = await open(url);
    const { NO_RETRY } = await import('../http/index.ts');
    const response = await target.client.request({ method: 'HEAD', url: target.url, headers, retry: NO_RETRY });
    await response.discard();
    const length = Number(response.headers.get('content-length') ?? Number.NaN);
    return Number.isSafeInteger(length) ? length : undefined;
  } catch (error) {
    if (error instanceof TspackError) return undefined;
    throw error;
  }
}

/** The digest as shared files are named by. */
export function hexDigest(digest: ContentDigest): FileDigest {
  return { algorithm: digest.algorithm, hex: 'hex' in digest ? digest.hex.toLowerCase() : Buffer.from(digest.base64, 'base64').toString('hex') };
}
