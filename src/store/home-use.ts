import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { hasSystemCode, systemClock } from '../foundation/index.ts';
import { acquireLock, removeIfGone } from './lock.ts';
import { ownTag } from './process-identity.ts';
import type { Clock } from '../foundation/index.ts';
import type { Home } from './home.ts';
import type { LockOptions } from './lock.ts';

/**
 * Says that this process works with the data folder until it is disposed: what it uses from now on is not pruned.
 * Waits while somebody prunes. A data folder that cannot be written to is read without a word: nobody prunes it either.
 */
export async function useHome(home: Home, options: LockOptions & { readonly clock?: Clock } = {}): Promise<Disposable> {
  const { clock = systemClock, ...lock } = options;
  try {
    using _pruning = await acquireLock(pruneLock(home), lock);
    return await acquireLock(join(usersDirectory(home), `${clock.now().getTime()}-${ownTag()}-${randomBytes(4).toString('hex')}`));
  } catch (error) {
    if (!hasSystemCode(error, 'EACCES', 'EPERM', 'EROFS')) throw error;
    return { [Symbol.dispose]: () => undefined };
  }
}

/** Keeps everybody from beginning to work with the data folder. For a short time only. */
export async function holdHome(home: Home, options: LockOptions = {}): Promise<Disposable> {
  return await acquireLock(pruneLock(home), options);
}

/**
 * When the process that has worked with the data folder for longest began, in milliseconds since 1970; undefined when
 * there is none. What has been used since may be needed. Call it while {@link holdHome} lasts.
 */
export function oldestUse(home: Home): number | undefined {
  const directory = usersDirectory(home);
  if (!existsSync(directory)) return undefined;
  const begun = readdirSync(directory).flatMap((name) => {
    const path = join(directory, name);
    if (removeIfGone(path)) return [];
    const heartbeat = statSync(path, { throwIfNoEntry: false })?.mtimeMs;
    // A clock that was set back says so by the sign of life.
    return heartbeat === undefined ? [] : [Math.min(Number.parseInt(name, 10), heartbeat)];
  });
  return begun.length === 0 ? undefined : Math.min(...begun);
}

function usersDirectory(home: Home): string {
  return join(home.locks, 'users');
}

function pruneLock(home: Home): string {
  return join(home.locks, 'prune');
}
