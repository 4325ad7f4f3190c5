import { describe, expect, it } from 'vitest';
import { environmentDigest, type Binding } from '../../src/sdk/index.ts';

const binding = (content: string): Binding => ({ name: 'b', type: 't', provider: undefined, directory: '/', keys: ['k'], read: () => content });
const digest = (env: Readonly<Record<string, string>>, execEnv = 'production', bindings: readonly Binding[] = []) =>
  environmentDigest({ env, execEnv, bindings });

describe('environmentDigest()', () => {
  it('is the same on two machines with the same settings in any order', () => {
    const here = {
      A: '1',
      B: '2',
      HOME: '/root',
      PATH: '/bin',
      https_proxy: 'http://p',
      SSL_CERT_FILE: '/ca',
      TSPACK_OFFLINE: '1',
      BP_IMAGE_LABELS: 'x=y',
      CNB_STACK_ID: 's',
    };
    expect(digest(here)).toBe(digest({ B: '2', A: '1', HOME: '/home/me' }));
  });

  it('changes with variables, the execution environment, the target, and the content of bindings', () => {
    const digests = [
      digest({}),
      digest({ A: '1' }),
      digest({}, 'test'),
      digest({ CNB_TARGET_ARCH: 'arm64' }),
      digest({}, 'production', [binding('secret')]),
      digest({}, 'production', [binding('other')]),
    ];
    expect(new Set(digests).size).toBe(digests.length);
    expect(digests.join()).not.toContain('secret');
  });
});
