import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, renameSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { digestHex, digestOf, hasSystemCode, markUsed, parseDigest, removeTree, writeFileAtomic } from '../foundation/index.ts';
import type { HostPath, RootWorkshop } from '../executor/index.ts';
import type { DiffId } from '../oci/index.ts';
import type { InstructionCachePlace } from './ports.ts';
import type { IndexChanges } from './root-index.ts';

/** What is kept of an instruction's layer. */
export interface CachedLayer {
  /** undefined: the instruction changed no files. */
  readonly folder: HostPath | undefined;
  readonly changes: IndexChanges;
  /** The tar, where one was written. */
  readonly tar?: { readonly diffId: DiffId; readonly sizeBytes: number };
}

interface CacheRecord {
  readonly format: number;
  /** Milliseconds since 1970. */
  readonly created: number;
  /** Name in the cache's folder. */
  readonly folder?: string;
  readonly changes: IndexChanges;
  readonly tar?: { readonly diffId: string; readonly sizeBytes: number };
}

const FORMAT = 1;
const DAY_MILLISECONDS = 24 * 60 * 60 * 1000;
const DEFAULT_AGE_MILLISECONDS = 14 * DAY_MILLISECONDS;
const PENDING = 'pending';
const LAYER = '.layer';

/**
 * Layer folders by what made them: `<key>.json` names a folder that is complete, so a build that is killed leaves nothing
 * that counts, and of two builds that make a layer at once the first wins.
 */
export class InstructionCache {
  readonly #place: InstructionCachePlace;
  readonly #workshop: RootWorkshop;

  constructor(place: InstructionCachePlace, workshop: RootWorkshop) {
    this.#place = place;
    this.#workshop = workshop;
    mkdirSync(join(place.directory, PENDING), { recursive: true });
    markUsed(join(place.directory, PENDING));
  }

  /** The key of a step after `parent`. Layer folders of another form cannot be used. */
  key(parent: string, facts: readonly unknown[]): string {
    return digestHex(digestOf(JSON.stringify([FORMAT, this.#workshop.form, parent, ...facts])));
  }

  find(key: string): CachedLayer | undefined {
    const file = this.#recordOf(key);
    const record = readRecord(file);
    if (record === undefined || (record.folder !== undefined && !markUsed(join(this.#place.directory, record.folder)))) return undefined;
    if (this.#place.now - record.created > (this.#place.maximumAgeMilliseconds ?? DEFAULT_AGE_MILLISECONDS)) return undefined;
    const now = this.#place.now / 1000;
    utimesSync(file, now, now);
    return this.#layerOf(record);
  }

  /** A name for a layer folder that is being made; the folder is missing. */
  pendingFolder(): HostPath {
    return join(this.#place.directory, PENDING, `${this.#place.tag}-${randomBytes(6).toString('hex')}`) as HostPath;
  }

  /** Keeps a finished layer. When another build has kept one meanwhile, that one counts, and the one given is removed. */
  async keep(key: string, { folder, changes, tar }: CachedLayer): Promise<CachedLayer> {
    const name = folder === undefined ? undefined : `${key}-${randomBytes(6).toString('hex')}${LAYER}`;
    if (folder !== undefined) renameSync(folder, join(this.#place.directory, name!));
    const record: CacheRecord = {
      format: FORMAT,
      created: this.#place.now,
      ...(name === undefined ? {} : { folder: name }),
      changes,
      ...(tar === undefined ? {} : { tar }),
    };
    const existing = this.find(key);
    if (existing === undefined) {
      writeFileAtomic(this.#recordOf(key), JSON.stringify(record));
      return this.#layerOf(record);
    }
    if (name !== undefined) await this.#workshop.remove(join(this.#place.directory, name) as HostPath);
    return existing;
  }

  /** Removes what nobody used for as long as a layer counts, what no record names, and what dead processes were making. */
  async sweep(isDead: (pendingName: string) => boolean): Promise<void> {
    const { directory, now, maximumAgeMilliseconds = DEFAULT_AGE_MILLISECONDS } = this.#place;
    const pending = join(directory, PENDING);
    for (const name of readdirSync(pending)) if (isDead(name)) await this.#workshop.remove(join(pending, name) as HostPath);
    const isOld = (name: string, age: number) => now - (statSync(join(directory, name), { throwIfNoEntry: false })?.mtimeMs ?? now) > age;
    const used = new Set<string>();
    for (const name of readdirSync(directory)) {
      if (!name.endsWith('.json')) continue;
      const record = readRecord(join(directory, name));
      if (record === undefined || isOld(name, maximumAgeMilliseconds + DAY_MILLISECONDS)) removeTree(join(directory, name));
      else if (record.folder !== undefined) used.add(record.folder);
    }
    // One that is new may be about to get its record.
    for (const name of readdirSync(directory)) {
      if (name.endsWith(LAYER) && !used.has(name) && isOld(name, DAY_MILLISECONDS)) await this.#workshop.remove(join(directory, name) as HostPath);
    }
  }

  #layerOf({ folder, changes, tar }: CacheRecord): CachedLayer {
    return {
      folder: folder === undefined ? undefined : (join(this.#place.directory, folder) as HostPath),
      changes,
      ...(tar === undefined ? {} : { tar: { diffId: parseDigest(tar.diffId), sizeBytes: tar.sizeBytes } }),
    };
  }

  #recordOf(key: string): string {
    return join(this.#place.directory, `${key}.json`);
  }
}

/** undefined for what is not there or was not written by this version. */
function readRecord(file: string): CacheRecord | undefined {
  try {
    const record = JSON.parse(readFileSync(file, 'utf8')) as CacheRecord;
    return record.format === FORMAT ? record : undefined;
  } catch (error) {
    if (hasSystemCode(error, 'ENOENT') || error instanceof SyntaxError) return undefined;
    throw error;
  }
}
