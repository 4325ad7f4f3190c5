import { createHash } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  createReadStream,
  fstatSync,
  lstatSync,
  openSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  utimesSync,
} from 'node:fs';
import { join } from 'node:path';
import {
  DOWNLOAD_RECORD,
  downloadName,
  hasSystemCode,
  makeDirectory,
  parseBuildpackFacts,
  parseDownloadFacts,
  parseDownloadName,
  temporaryBeside,
} from '../foundation/index.ts';
import type { BuildpackFact, Clock, DownloadFact, FileDigest } from '../foundation/index.ts';
import type { Home } from './home.ts';

/** Records larger than this are no buildpack's of good faith. */
const MAXIMUM_RECORD_BYTES = 16_777_216;
/** Files that no build has asked for in this time are removed. */
const UNUSED_MILLISECONDS = 90 * 24 * 60 * 60 * 1000;

/** What came of an inbox. */
export interface CollectedDownloads {
  /** What the buildpacks say that they fetched. */
  readonly facts: readonly DownloadFact[];
  /** What else they tell: which versions they chose, what they decided about their layers. */
  readonly told: readonly BuildpackFact[];
  /** Names of files that were not kept, because they are not what they are called. */
  readonly refused: readonly string[];
}

/**
 * The downloads that all builds share: files named by their digest. Buildpacks see the folder, read-only, and hand in
 * new files through an inbox of their build alone; only what hashes to its name gets from there into the folder.
 */
export interface DownloadStore {
  readonly directory: string;
  /**
   * Moves what is right of an inbox into the store, and reads its record. Only when no process runs any more that could
   * write to the inbox. Everything in it is hostile.
   */
  collect(inbox: string): Promise<CollectedDownloads>;
}

/** The store of a data folder; the folder is made when it is missing. */
export function openDownloadStore(home: Pick<Home, 'cache'>, clock: Clock): DownloadStore {
  const directory = join(home.cache, 'verified');
  // Containers read it as another user.
  makeDirectory(directory, 0o755);
  return {
    directory,
    async collect(inbox) {
      const record = readRecord(inbox);
      const facts = parseDownloadFacts(record);
      const names = readdirSync(inbox).filter((name) => name !== DOWNLOAD_RECORD);
      const refused: string[] = [];
      for (const name of names) {
        const digest = parseDownloadName(name);
        // Copies in progress, of a build that was stopped.
        if (digest === undefined && name.endsWith('.tmp')) continue;
        if (digest === undefined || !(await hashesTo(join(inbox, name), digest))) refused.push(name);
        else keep(join(inbox, name), join(directory, name));
      }
      for (const { digest } of facts.filter(({ from }) => from === 'store')) touch(directory, digest, clock);
      if (names.length > 0) removeUnused(directory, clock);
      return { facts, told: parseBuildpackFacts(record), refused };
    },
  };
}

/** What buildpacks have told in an inbox, of which nothing is kept. */
export function readBuildpackFacts(inbox: string): readonly BuildpackFact[] {
  return parseBuildpackFacts(readRecord(inbox));
}

function readRecord(inbox: string): string {
  const path = join(inbox, DOWNLOAD_RECORD);
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats?.isFile() !== true || stats.size > MAXIMUM_RECORD_BYTES) return '';
  return readFileSync(path, 'utf8');
}

/** Whether it is an ordinary file, known by no other name, with this digest. Links are not followed, and nothing waits for a pipe. */
async function hashesTo(path: string, { algorithm, hex }: FileDigest): Promise<boolean> {
  let file: number;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (hasSystemCode(error, 'ELOOP', 'ENXIO', 'EACCES', 'ENOENT')) return false;
    throw error;
  }
  try {
    const stats = fstatSync(file);
    if (!stats.isFile() || stats.nlink !== 1) return false;
    const hash = createHash(algorithm);
    for await (const chunk of createReadStream('', { fd: file, autoClose: false, highWaterMark: 1_048_576 }) as AsyncIterable<Uint8Array>) hash.update(chunk);
    return hash.digest('hex') === hex;
  } finally {
    closeSync(file);
  }
}

/** In the place of a file of that name, which a buildpack found damaged. */
function keep(from: string, to: string): void {
  chmodSync(from, 0o644);
  try {
    renameSync(from, to);
  } catch (error) {
    if (!hasSystemCode(error, 'EXDEV')) throw error;
    const temporary = temporaryBeside(to);
    copyFileSync(from, temporary);
    renameSync(temporary, to);
  }
}

/** The time of a file is that of its last use. */
function touch(directory: string, digest: string, clock: Clock): void {
  const [algorithm, hex = ''] = digest.split(':');
  const now = clock.now();
  try {
    utimesSync(join(directory, downloadName({ algorithm: algorithm as FileDigest['algorithm'], hex })), now, now);
  } catch (error) {
    if (!hasSystemCode(error, 'ENOENT')) throw error;
  }
}

function removeUnused(directory: string, clock: Clock): void {
  const oldest = clock.now().getTime() - UNUSED_MILLISECONDS;
  for (const name of readdirSync(directory)) {
    const stats = lstatSync(join(directory, name), { throwIfNoEntry: false });
    if (stats !== undefined && stats.mtimeMs < oldest) rmSync(join(directory, name), { force: true });
  }
}
