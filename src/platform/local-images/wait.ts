import type { LockOptions } from '../../store/index.ts';
import type { Task } from '../api.ts';

/** Waits for whoever prunes, and says so. */
export function waitFor({ events, signal }: Task): LockOptions {
  return {
    signal,
    onWait: (holder) =>
      events({ kind: 'message', level: 'info', message: `Waiting for tspack prune${holder === undefined ? '' : ` (process ${holder.pid})`}` }),
  };
}
