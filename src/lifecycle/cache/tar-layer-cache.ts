import {
  constants,
  copyFileSync,
  createReadStream,
  createWriteStream,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { hashFile, writeLayerTar } from '../../archive/index.ts';
import { LABELS, formatCacheMetadata, parseCacheMetadata } from '../../cnb/index.ts';
import type { CacheMetadata } from '../../cnb/index.ts';
import { hasSystemCode, removeTree, temporaryBeside } from '../../foundation/index.ts';
import type { EventSink } from '../../foundation/index.ts';
import { verifyContent } from '../../oci/index.ts';
import type { DiffId } from '../../oci/index.ts';
import type { LifecycleEvent } from '../events.ts';
import { NO_CACHE_METADATA, cacheLayerMissing } from './cache-place.ts';
import type { CacheDraft, CachePlace, TarCacheOptions } from './cache-place.ts';
import type { LayerCache } from './layer-cache.ts';
import { createTarCache } from './tar-cache.ts';

export interface TarLayerCacheOptions extends TarCacheOptions {
  /** The cache folder (`-cache-dir`). One that is not there is an empty cache, and made by the commit. */
  readonly directory: string;
}

/**
 * The cache folder of the reference lifecycle (platform.md `-cache-dir`, CNB.md C155), which either lifecycle goes on
 * with where the other stopped:
 *
 * ```
 * committed/sha256:<diff ID>.tar                      the layers, one of them with SBOM files
 * committed/io.buildpacks.lifecycle.cache.metadata    JSON
 * committed-backup/                                   the content before, while a commit puts the next in its place
 * ```
 *
 * Opening it writes nothing. A metadata file that cannot be read makes an empty cache, with a warning. Two commits at
 * once leave the content of one of them.
 */
export function openTarLayerCache(options: TarLayerCacheOptions): LayerCache {
  return createTarCache(createFolderPlace(options.directory, options.events), options);
}

const METADATA_FILE = LABELS.cacheMetadata;
const tarName = (diffId: DiffId) => `${diffId}.tar`;

function createFolderPlace(directory: string, events: EventSink<LifecycleEvent>): CachePlace {
  const committed = join(directory, 'committed');
  const backup = join(directory, 'committed-backup');
  // Killed between two renames, a commit leaves only the backup.
  const current = existsSync(committed) ? committed : backup;
  /** Tars that were read to their end. */
  const verified = new Set<DiffId>();

  async function* openTar(diffId: DiffId): AsyncGenerator<Uint8Array> {
    yield* verifyContent(readTarFile(join(current, tarName(diffId)), diffId, directory), { digest: diffId }, `cache layer ${diffId}`);
    verified.add(diffId);
  }

  async function holds(diffId: DiffId): Promise<boolean> {
    const file = join(current, tarName(diffId));
    if (!existsSync(file)) return false;
    if (!verified.has(diffId) && (await hashFile(file)).digest === diffId) verified.add(diffId);
    return verified.has(diffId);
  }

  function begin(): CacheDraft {
    mkdirSync(directory, { recursive: true });
    // What killed commits have left, and the reference's own folder.
    for (const name of readdirSync(directory)) if (name.startsWith('staging')) removeTree(join(directory, name));
    const staging = temporaryBeside(join(directory, 'staging'));
    mkdirSync(staging);
    const part = join(staging, 'part');
    return {
      async add(source) {
        if ('parts' in source) {
          const { diffId } = await writeLayerTar(source, part);
          renameSync(part, join(staging, tarName(diffId)));
          return { diffId, reused: existsSync(join(current, tarName(diffId))) };
        }
        const { diffId } = source;
        const target = join(staging, tarName(diffId));
        if (await holds(diffId)) {
          linkOrCopy(join(current, tarName(diffId)), target);
          return { diffId, reused: true };
        }
        await pipeline(source.openTar(), createWriteStream(part));
        renameSync(part, target);
        return { diffId, reused: false };
      },
      async finish(metadata) {
        writeFileSync(join(staging, METADATA_FILE), `${formatCacheMetadata(metadata)}\n`);
        if (existsSync(committed)) {
          removeTree(backup);
          renameSync(committed, backup);
        }
        renameSync(staging, committed);
        removeTree(backup);
      },
      abandon: () => removeTree(staging),
    };
  }

  return { metadata: readMetadata(join(current, METADATA_FILE), events), openTar, begin };
}

async function* readTarFile(file: string, diffId: DiffId, directory: string): AsyncGenerator<Uint8Array> {
  try {
    yield* createReadStream(file, { highWaterMark: 1024 * 1024 }) as AsyncIterable<Uint8Array>;
  } catch (error) {
    throw cacheLayerMissing(diffId, `"${directory}"`, error);
  }
}

function readMetadata(file: string, events: EventSink<LifecycleEvent>): CacheMetadata {
  try {
    return parseCacheMetadata(readFileSync(file, 'utf8'), file);
  } catch (error) {
    if (!hasSystemCode(error, 'ENOENT')) events({ kind: 'message', level: 'warning', message: `Ignoring the cache: ${(error as Error).message}` });
    return NO_CACHE_METADATA;
  }
}

/** Files of others cannot be linked everywhere (`fs.protected_hardlinks`). */
function linkOrCopy(from: string, to: string): void {
  rmSync(to, { force: true });
  try {
    linkSync(from, to);
  } catch {
    copyFileSync(from, to, constants.COPYFILE_FICLONE);
  }
}
