import { closeSync, openSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { hasSystemCode, makeDirectory, temporaryBeside } from '../foundation/index.ts';
import { isAlive, ownIdentity } from './process-identity.ts';
import type { ProcessIdentity } from './process-identity.ts';

/** A holder that we cannot see (another container, another machine) counts as gone after this long without a sign of life. */
const SILENT_MILLISECONDS = 30_000;
const HEARTBEAT_MILLISECONDS = 5_000;

export interface LockOptions {
  readonly signal?: AbortSignal;
  /** Called once when the lock is held by somebody else: nobody waits without a message. */
  readonly onWait?: (holder: ProcessIdentity | undefined) => void;
}

/**
 * Takes the lock that the file stands for, waiting as long as its holder lives. Node has no `flock`; see
 * `docs/decisions/0002-locks.md` for what this can and cannot do. Disposing releases it.
 */
export async function acquireLock(path: string, options: LockOptions = {}): Promise<Disposable> {
  makeDirectory(dirname(path));
  let waited = false;
  for (;;) {
    options.signal?.throwIfAborted();
    const lock = lockNow(path);
    if (lock !== undefined) return lock;
    const seen = readHolder(path);
    if (seen.text !== undefined && isGone(path, seen.identity)) {
      takeAway(path, seen.text);
      continue;
    }
    if (!waited) options.onWait?.(seen.identity);
    waited = true;
    await sleep(50, undefined, options.signal === undefined ? {} : { signal: options.signal });
  }
}

/** Takes the lock if nobody who lives holds it. */
export function tryLock(path: string): Disposable | undefined {
  makeDirectory(dirname(path));
  removeIfGone(path);
  return lockNow(path);
}

/** Whether the lock's holder is gone, or there is none; its file is removed then. */
export function removeIfGone(path: string): boolean {
  const seen = readHolder(path);
  if (seen.text === undefined) return true;
  if (!isGone(path, seen.identity)) return false;
  takeAway(path, seen.text);
  return true;
}

function lockNow(path: string): Disposable | undefined {
  const identity = JSON.stringify(ownIdentity());
  try {
    const file = openSync(path, 'wx', 0o600);
    writeSync(file, identity);
    closeSync(file);
  } catch (error) {
    if (hasSystemCode(error, 'EEXIST')) return undefined;
    throw error;
  }
  const heartbeat = setInterval(() => touch(path), HEARTBEAT_MILLISECONDS).unref();
  return {
    [Symbol.dispose]() {
      clearInterval(heartbeat);
      if (readHolder(path).text === identity) rmSync(path, { force: true });
    },
  };
}

function touch(path: string): void {
  try {
    utimesSync(path, new Date(), new Date());
  } catch (error) {
    if (!hasSystemCode(error, 'ENOENT')) throw error;
  }
}

function readHolder(path: string): { text?: string; identity?: ProcessIdentity } {
  try {
    const text = readFileSync(path, 'utf8');
    return { text, ...(text === '' ? {} : { identity: JSON.parse(text) as ProcessIdentity }) };
  } catch (error) {
    if (hasSystemCode(error, 'ENOENT')) return {};
    if (error instanceof SyntaxError) return { text: '' };
    throw error;
  }
}

function isGone(path: string, holder: ProcessIdentity | undefined): boolean {
  const alive = holder === undefined ? undefined : isAlive(holder);
  if (alive !== undefined) return !alive;
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat !== undefined && Date.now() - stat.mtimeMs > SILENT_MILLISECONDS;
}

/** Removes a dead holder's file, but not one that somebody else has put in its place since we looked. */
function takeAway(path: string, seen: string): void {
  const aside = temporaryBeside(path);
  try {
    renameSync(path, aside);
  } catch (error) {
    if (hasSystemCode(error, 'ENOENT')) return;
    throw error;
  }
  if (readFileSync(aside, 'utf8') === seen) rmSync(aside, { force: true });
  else renameSync(aside, path);
}
