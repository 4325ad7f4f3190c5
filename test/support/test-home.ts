import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { validateImage } from '../../src/oci/index.ts';
import { openLocalStore } from '../../src/store/index.ts';
import { lastLine, runTspack, testHome } from './tspack-command.ts';

/**
 * A data folder of its own with the base images of the shared one, as hard links: nobody writes to them. `application` is
 * built in the shared one first, so that they are there.
 */
export async function createHomeWithBaseImages(directory: string, application: string): Promise<void> {
  lastLine(await runTspack(['build', 'base-images', '--builder', 'base', '--path', application]));
  mkdirSync(join(directory, 'cache'), { recursive: true });
  for (const name of ['version', 'cache/images', 'cache/downloads', 'cache/debian', 'cache/locks']) {
    if (existsSync(join(testHome(), name))) execFileSync('cp', ['-al', join(testHome(), name), join(directory, name)]);
  }
}

/** Every blob is what its name says, and every image is valid. */
export async function expectIntactStore(directory: string): Promise<void> {
  const blobs = join(directory, 'store/blobs/sha256');
  const entries = readdirSync(blobs);
  for (const name of entries) expect(await sha256(join(blobs, name))).toBe(name);
  const store = openLocalStore({ directory: join(directory, 'store'), lockDirectory: join(directory, 'locks') });
  for (const { imageId } of store.list()) {
    const image = await store.readById(imageId);
    if (image === undefined) throw new Error(`${imageId} is listed and cannot be read`);
    expect(await validateImage(image)).toEqual([]);
  }
}

/** The store is intact, and no build has left anything. */
export async function expectIntactHome(directory: string): Promise<void> {
  await expectIntactStore(directory);
  expect(readdirSync(join(directory, 'store/ingest'))).toEqual([]);
  // Pipes of a process that has ended are empty folders until the next build.
  const left = readdirSync(join(directory, 'work'), { withFileTypes: true }).filter(({ parentPath, name }) => readdirSync(join(parentPath, name)).length > 0);
  expect(left.map(({ name }) => name)).toEqual([]);
}

async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/** Processes whose command line or environment holds this text, as `pid command`. */
export function processesWith(text: string): readonly string[] {
  return readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid) && Number(pid) !== process.pid)
    .flatMap((pid) => {
      try {
        const command = readFileSync(`/proc/${pid}/cmdline`, 'latin1');
        if (!command.includes(text) && !readFileSync(`/proc/${pid}/environ`, 'latin1').includes(text)) return [];
        return [`${pid} ${command.replaceAll('\0', ' ')}`];
      } catch {
        return []; // ended meanwhile, or another user's
      }
    });
}

/** Waits until nothing that a build has started is left. */
export async function expectNoProcesses(text: string): Promise<void> {
  for (let waited = 0; waited < 50 && processesWith(text).length > 0; waited++) await sleep(100);
  expect(processesWith(text)).toEqual([]);
}
