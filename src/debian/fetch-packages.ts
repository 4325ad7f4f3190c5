import { cachePath, hasCached } from './content-cache.ts';
import { explainMirrorError, httpFailure, isMissing, transferOptions } from './debian-context.ts';
import type { DebianContext } from './debian-context.ts';
import type { LockSource, LockedPackage } from './lock.ts';
import { archiveUrl, datedUrl } from './mirrors.ts';

/** A locked package on disk, or the news that the archive has dropped it: then the lock is behind. */
export type FetchedPackage =
  | { readonly kind: 'fetched'; readonly package: LockedPackage; readonly path: string; readonly fromCache: boolean }
  | { readonly kind: 'superseded'; readonly package: LockedPackage; readonly url: string };

export interface PackagesRequest {
  readonly packages: readonly LockedPackage[];
  /** Of the lock that the packages are from. */
  readonly sources: readonly LockSource[];
  /** Downloads at once; 6 by default. */
  readonly concurrency?: number;
}

/**
 * Fetches locked packages into the cache, and yields each as soon as it is there and verified, so that unpacking can
 * begin. What the mirror no longer has comes from Debian's dated archive where that can be reached, else it is
 * `superseded`. Leaving the loop ends the downloads. Throws `DOWNLOAD_DIGEST_MISMATCH` (nothing is kept),
 * `DOWNLOAD_FAILED`, `DEBIAN_MIRROR_UNREACHABLE`.
 */
export async function* fetchPackages(request: PackagesRequest, context: DebianContext): AsyncIterable<FetchedPackage> {
  const { packages, sources, concurrency = 6 } = request;
  const stop = new AbortController();
  const signal = context.signal === undefined ? stop.signal : AbortSignal.any([stop.signal, context.signal]);
  const archive = new Archive({ ...context, signal });
  // The largest first: one of 40 MB that comes last would be waited for alone.
  const waiting = [...packages].sort((a, b) => b.sizeBytes - a.sizeBytes);
  const underWay = new Map<LockedPackage, Promise<FetchedPackage>>();
  try {
    for (;;) {
      for (let next = waiting[0]; next !== undefined && underWay.size < concurrency; next = waiting[0]) {
        waiting.shift();
        const promise = archive.fetch(next, sourceOf(next, sources));
        promise.catch(() => undefined); // Awaited below, or of no interest any more.
        underWay.set(next, promise);
      }
      if (underWay.size === 0) return;
      const fetched = await Promise.race(underWay.values());
      underWay.delete(fetched.package);
      yield fetched;
    }
  } catch (error) {
    throw explainMirrorError(error, context);
  } finally {
    stop.abort();
    await Promise.allSettled(underWay.values());
  }
}

function sourceOf(each: LockedPackage, sources: readonly LockSource[]): LockSource {
  const source = sources.find(({ name }) => name === each.source);
  if (source === undefined) throw new Error(`The package ${each.name} is from ${each.source}, which is none of the sources`);
  return source;
}

class Archive {
  readonly #context: DebianContext;
  #isDatedReachable = true;

  constructor(context: DebianContext) {
    this.#context = context;
  }

  async fetch(each: LockedPackage, source: LockSource): Promise<FetchedPackage> {
    const { cacheDirectory, mirrors } = this.#context;
    const path = cachePath(cacheDirectory, each.sha256);
    if (await hasCached(cacheDirectory, each.sha256, each.sizeBytes)) return { kind: 'fetched', package: each, path, fromCache: true };
    const url = archiveUrl(mirrors, source.archive, each.poolPath);
    try {
      await this.#download(each, url, path);
      return { kind: 'fetched', package: each, path, fromCache: false };
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
    return (await this.#fetchDated(each, source, path))
      ? { kind: 'fetched', package: each, path, fromCache: false }
      : { kind: 'superseded', package: each, url };
  }

  async #fetchDated(each: LockedPackage, source: LockSource, path: string): Promise<boolean> {
    const url = datedUrl(this.#context.mirrors, source, each.poolPath);
    if (url === undefined || !this.#isDatedReachable) return false;
    try {
      await this.#download(each, url, path, true);
      return true;
    } catch (error) {
      const failure = httpFailure(error);
      if (failure === undefined) throw error;
      // Asked once: where it cannot be reached, a wait for every package would help nobody.
      if (failure.status === undefined) this.#isDatedReachable = false;
      return false;
    }
  }

  async #download(each: LockedPackage, url: string, path: string, once = false): Promise<void> {
    await this.#context.transport.fetchFile({
      url,
      digest: { algorithm: 'sha256', hex: each.sha256 },
      sizeBytes: each.sizeBytes,
      path,
      label: `${each.name} ${each.version} ${each.architecture}`,
      once,
      ...transferOptions(this.#context),
    });
  }
}
