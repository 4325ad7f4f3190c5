import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { TspackError } from '../foundation/index.ts';
import { cachePath, hasCached } from './content-cache.ts';
import { explainMirrorError, isMissing, transferOptions } from './debian-context.ts';
import type { DebianContext } from './debian-context.ts';
import { streamDecompressed } from './decompress-stream.ts';
import { readKeyring } from './keyring.ts';
import type { LockSource } from './lock.ts';
import { archiveUrl } from './mirrors.ts';
import { PackageIndexBuilder } from './package-index.ts';
import type { PackageIndex } from './package-index.ts';
import { verifyRelease } from './release.ts';
import type { Release, ReleaseFile } from './release.ts';
import type { PackageSource } from './suite.ts';

export interface IndexRequest {
  readonly sources: readonly PackageSource[];
  readonly architecture: string;
  readonly now: Date;
  /** By suite, the date of the newest release seen: an older one is refused. */
  readonly lastSeen?: ReadonlyMap<string, Date>;
  /** Instead of the keyrings that travel with tspack. */
  readonly keyringDirectory?: string;
}

export interface FetchedIndex {
  readonly index: PackageIndex;
  /** What was read, for the lock. */
  readonly sources: readonly LockSource[];
}

// Debian's release files have 200 kB.
const MOST_RELEASE_BYTES = 8 * 1024 * 1024;

/**
 * Fetches the packages of some suites as they are now: `InRelease`, its signature, then the index whose hash it names.
 * Nothing of an index is read, or kept, before it is verified. Throws what {@link verifyRelease} throws,
 * `DEBIAN_INDEX_MISSING`, `DEBIAN_INDEX_MISMATCH`, `DEBIAN_MIRROR_UNREACHABLE` and download errors.
 */
export async function fetchPackageIndex(request: IndexRequest, context: DebianContext): Promise<FetchedIndex> {
  const { sources, architecture, now, lastSeen, keyringDirectory } = request;
  const builder = new PackageIndexBuilder(architecture);
  const read: LockSource[] = [];
  try {
    for (const source of sources) {
      const url = archiveUrl(context.mirrors, source.archive, `dists/${source.suite}/InRelease`);
      const text = await context.transport.fetchText({ url, maximumBytes: MOST_RELEASE_BYTES, ...transferOptions(context) });
      const release = await verifyRelease(text, {
        keyring: readKeyring(source.keyrings, keyringDirectory),
        suite: source.suite,
        now,
        lastSeenDate: lastSeen?.get(source.suite),
      });
      await readPackages(builder, source, release, architecture, context);
      const { name, archive, suite } = source;
      read.push({ name, archive, suite, date: release.date.toISOString().replace('.000Z', 'Z') });
    }
  } catch (error) {
    throw explainMirrorError(error, context);
  }
  return { index: builder.build(), sources: read };
}

async function readPackages(
  builder: PackageIndexBuilder,
  source: PackageSource,
  release: Release,
  architecture: string,
  context: DebianContext,
): Promise<void> {
  const base = `main/binary-${architecture}/Packages`;
  const name = [`${base}.xz`, `${base}.gz`].find((each) => release.files.has(each));
  const file = name === undefined ? undefined : release.files.get(name);
  if (name === undefined || file === undefined) {
    throw new TspackError({
      code: 'DEBIAN_INDEX_MISSING',
      message: `Cannot find packages for ${architecture} in "${source.suite}": its release file lists no ${base}.xz`,
      nextStep: 'Choose another architecture or another suite',
    });
  }
  const path = await fetchIndexFile(name, file, source, release, context);
  const bytes = streamDecompressed({ path, name, offset: 0, sizeBytes: statSync(path).size });
  await builder.add(decoded(checked(bytes, release.files.get(base), source.suite)), { name: source.name, notAutomatic: release.notAutomatic });
}

async function fetchIndexFile(name: string, file: ReleaseFile, source: PackageSource, release: Release, context: DebianContext): Promise<string> {
  const path = cachePath(context.cacheDirectory, file.sha256);
  if (await hasCached(context.cacheDirectory, file.sha256, file.sizeBytes)) return path;
  const folder = `dists/${source.suite}`;
  // By its hash first: between two requests a mirror may have moved on to a new index.
  const places = [...(release.acquireByHash ? [`${name.slice(0, name.lastIndexOf('/'))}/by-hash/SHA256/${file.sha256}`] : []), name];
  for (const [index, place] of places.entries()) {
    try {
      await context.transport.fetchFile({
        url: archiveUrl(context.mirrors, source.archive, `${folder}/${place}`),
        digest: { algorithm: 'sha256', hex: file.sha256 },
        sizeBytes: file.sizeBytes,
        path,
        label: `${source.suite} package index`,
        ...transferOptions(context),
      });
      break;
    } catch (error) {
      if (isMissing(error) && index < places.length - 1) continue;
      if (error instanceof TspackError && error.code === 'DOWNLOAD_DIGEST_MISMATCH') {
        throw mismatch(source.suite, error.message, error);
      }
      throw error;
    }
  }
  return path;
}

/** Checks the uncompressed index too: its size bounds what we read. */
async function* checked(bytes: AsyncIterable<Uint8Array>, wanted: ReleaseFile | undefined, suite: string): AsyncIterable<Uint8Array> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of bytes) {
    size += chunk.length;
    if (wanted !== undefined && size > wanted.sizeBytes) throw mismatch(suite, `it has more than ${wanted.sizeBytes} bytes uncompressed`);
    hash.update(chunk);
    yield chunk;
  }
  if (wanted !== undefined && hash.digest('hex') !== wanted.sha256) throw mismatch(suite, 'its uncompressed content is not what the release file lists');
}

async function* decoded(bytes: AsyncIterable<Uint8Array>): AsyncIterable<string> {
  const decoder = new TextDecoder();
  for await (const chunk of bytes) yield decoder.decode(chunk, { stream: true });
}

function mismatch(suite: string, reason: string, cause?: unknown): TspackError {
  return new TspackError({
    code: 'DEBIAN_INDEX_MISMATCH',
    message: `Cannot use the package index of "${suite}": ${reason}`,
    nextStep: 'Try again in a few minutes, or use another mirror: this one serves an index that its release file does not list',
    cause,
  });
}
