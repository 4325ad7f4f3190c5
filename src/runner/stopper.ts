import type { EventSink } from '../foundation/index.ts';
import type { ProcessExit, RunningProcess } from '../executor/index.ts';
import type { RunEvent } from './events.ts';

type StopSignal = Parameters<RunningProcess['signal']>[0];
const STOP_SIGNALS: readonly StopSignal[] = ['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGWINCH', 'SIGKILL'];
const SIGNAL_NUMBERS: Readonly<Record<string, StopSignal>> = {
  1: 'SIGHUP',
  2: 'SIGINT',
  3: 'SIGQUIT',
  9: 'SIGKILL',
  10: 'SIGUSR1',
  12: 'SIGUSR2',
  15: 'SIGTERM',
  28: 'SIGWINCH',
};

export interface StopperOptions {
  readonly signal: AbortSignal;
  /** As an image config has it: name or number. */
  readonly stopSignal: string | undefined;
  readonly graceMilliseconds: number;
  readonly events: EventSink<RunEvent>;
}

/** Turns a request to stop into a signal for the application first, and into its end after a while. */
export interface Stopper extends Disposable {
  /** Fires when the patience is over. */
  readonly killed: AbortSignal;
  attach(running: RunningProcess): void;
  /** An application that had to be killed has ended by SIGKILL, which is a value. */
  settle(run: Promise<ProcessExit>): Promise<ProcessExit>;
}

export function createStopper(options: StopperOptions): Stopper {
  const { signal, graceMilliseconds, events } = options;
  const kill = new AbortController();
  let running: RunningProcess | undefined;
  let timer: NodeJS.Timeout | undefined;
  signal.throwIfAborted();

  const stop = (): void => {
    const name = stopSignal(options.stopSignal);
    events({ kind: 'stopping', signal: name, graceMilliseconds });
    timer = setTimeout(() => kill.abort(), graceMilliseconds);
    running?.signal(name);
  };
  signal.addEventListener('abort', stop, { once: true });

  return {
    killed: kill.signal,
    attach(started) {
      running = started;
      if (signal.aborted) running.signal(stopSignal(options.stopSignal));
    },
    async settle(run) {
      try {
        return await run;
      } catch (error) {
        if (!kill.signal.aborted || error !== kill.signal.reason) throw error;
        return { code: undefined, signal: 'SIGKILL' };
      }
    },
    [Symbol.dispose]() {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
    },
  };
}

/** SIGTERM when the image says nothing, or nothing that is a signal. */
function stopSignal(text: string | undefined): StopSignal {
  const name = text?.toUpperCase() ?? '';
  return SIGNAL_NUMBERS[name] ?? STOP_SIGNALS.find((known) => known === name || known === `SIG${name}`) ?? 'SIGTERM';
}
