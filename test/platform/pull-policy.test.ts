import { describe, expect, it } from 'vitest';
import { parsePullPolicy } from '../../src/platform/pull-policy.ts';

describe('parsePullPolicy()', () => {
  it.each([
    ['always', { kind: 'always' }],
    ['never', { kind: 'never' }],
    ['if-not-present', { kind: 'if-not-present' }],
    ['hourly', { kind: 'interval', milliseconds: 3_600_000 }],
    ['daily', { kind: 'interval', milliseconds: 86_400_000 }],
    ['weekly', { kind: 'interval', milliseconds: 604_800_000 }],
    ['interval=1d2h3m', { kind: 'interval', milliseconds: 93_780_000 }],
    ['interval=90m', { kind: 'interval', milliseconds: 5_400_000 }],
    ['interval=2d', { kind: 'interval', milliseconds: 172_800_000 }],
  ])('reads %s', (text, policy) => {
    expect(parsePullPolicy(text)).toEqual(policy);
  });

  it.each(['', 'sometimes', 'interval', 'interval=', 'interval=0m', 'interval=3m2h', 'interval=1.5h', 'interval=-1d', 'interval=999999d', 'constructor'])(
    'refuses "%s"',
    (text) => {
      expect(() => parsePullPolicy(text)).toThrow(expect.objectContaining({ code: 'PULL_POLICY_INVALID' }));
    },
  );
});
