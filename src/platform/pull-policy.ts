import { TspackError } from '../foundation/index.ts';

/**
 * When a registry is asked for an image that is here already: each time; each time, but for a copy that is here when the
 * registry cannot be reached; never; only when it is missing; or when it was last asked longer ago than `milliseconds`.
 */
export type PullPolicy =
  | { readonly kind: 'always' }
  | { readonly kind: 'when-reachable' }
  | { readonly kind: 'never' }
  | { readonly kind: 'if-not-present' }
  | { readonly kind: 'interval'; readonly milliseconds: number };

/** Where the user says nothing: pack's `always`, which must not stop those who have no network. */
export const DEFAULT_PULL_POLICY: PullPolicy = { kind: 'when-reachable' };

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const NAMED: Readonly<Record<string, PullPolicy>> = {
  always: { kind: 'always' },
  never: { kind: 'never' },
  'if-not-present': { kind: 'if-not-present' },
  hourly: { kind: 'interval', milliseconds: HOUR },
  daily: { kind: 'interval', milliseconds: DAY },
  weekly: { kind: 'interval', milliseconds: 7 * DAY },
};

/** What pack's `--pull-policy` takes, such as `if-not-present`, `daily` or `interval=1d12h30m`. Throws `PULL_POLICY_INVALID`. */
export function parsePullPolicy(text: string): PullPolicy {
  // Not an index into the object: `constructor` is no policy.
  const named = Object.hasOwn(NAMED, text) ? NAMED[text] : undefined;
  if (named !== undefined) return named;
  const [, days, hours, minutes] = /^interval=(?=\d)(?:(\d{1,5})d)?(?:(\d{1,5})h)?(?:(\d{1,5})m)?$/.exec(text) ?? [];
  const milliseconds = Number(days ?? 0) * DAY + Number(hours ?? 0) * HOUR + Number(minutes ?? 0) * MINUTE;
  if (milliseconds > 0) return { kind: 'interval', milliseconds };
  throw new TspackError({
    code: 'PULL_POLICY_INVALID',
    message: `Cannot read "${text}" as a pull policy: want ${Object.keys(NAMED).join(', ')} or interval=<days>d<hours>h<minutes>m`,
    nextStep: 'Write --pull-policy if-not-present, or interval=1d12h',
  });
}
