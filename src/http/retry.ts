import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '../foundation/index.ts';
import type { HttpHeaders } from './headers.ts';

/** How often and how fast a failed request is sent again. */
export interface RetryPolicy {
  /** All attempts, the first one included. */
  readonly attempts: number;
  /** Pause before the second attempt; it doubles each time. */
  readonly baseMilliseconds: number;
  readonly maximumMilliseconds: number;
  /** A server that asks for a longer pause than this is not waited for. */
  readonly maximumRetryAfterMilliseconds: number;
}

export const DEFAULT_RETRY_POLICY: RetryPolicy = {
  attempts: 5,
  baseMilliseconds: 300,
  maximumMilliseconds: 10_000,
  maximumRetryAfterMilliseconds: 60_000,
};

/** One attempt only. */
export const NO_RETRY: RetryPolicy = { ...DEFAULT_RETRY_POLICY, attempts: 1 };

/** Waits; rejects with the signal's reason when it fires. */
export type Sleep = (milliseconds: number, signal?: AbortSignal) => Promise<void>;

export const sleep: Sleep = async (milliseconds, signal) => {
  try {
    await delay(milliseconds, undefined, signal === undefined ? {} : { signal });
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
};

/**
 * The pause after this many failed attempts: exponential, with "equal jitter" so that clients that failed together
 * do not come back together. `random` is in [0, 1).
 */
export function backOff(policy: RetryPolicy, failures: number, random: number): number {
  const whole = Math.min(policy.maximumMilliseconds, policy.baseMilliseconds * 2 ** (failures - 1));
  return Math.round(whole / 2 + (whole / 2) * random);
}

/** What `Retry-After` asks for: seconds or a date (RFC 9110 section 10.2.3). undefined when absent or unreadable. */
export function retryAfterMilliseconds(headers: HttpHeaders, clock: Clock): number | undefined {
  const value = headers.get('retry-after')?.trim();
  if (value === undefined || value === '') return undefined;
  if (/^\d+$/.test(value)) return Number(value) * 1000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - clock.now().getTime());
}
