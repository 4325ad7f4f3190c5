import { describe, expect, it } from 'vitest';
import { parseTargetText, targetParts } from '../../src/cnb/index.ts';

describe('parseTargetText()', () => {
  it.each([
    ['linux', { os: 'linux', distros: [] }, ['linux']],
    ['linux/amd64', { os: 'linux', arch: 'amd64', distros: [] }, ['linux', 'amd64']],
    [
      'linux/arm/v6:ubuntu@14.04;debian@8',
      {
        os: 'linux',
        arch: 'arm',
        variant: 'v6',
        distros: [
          { name: 'ubuntu', version: '14.04' },
          { name: 'debian', version: '8' },
        ],
      },
      ['linux', 'arm', 'v6', 'ubuntu@14.04', 'debian@8'],
    ],
  ])('reads %s', (text, target, parts) => {
    expect(parseTargetText(text)).toEqual(target);
    expect(targetParts(target)).toEqual(parts);
  });

  it.each(['', 'amd64', 'linux/x86', 'linux/amd64/v9', 'linux/amd64/v2/x', 'linux/amd64:@1', 'linux/amd64:a@1@2', 'linux:a@1:b', 'linux/constructor'])(
    'refuses "%s"',
    (text) => {
      expect(() => parseTargetText(text)).toThrow(expect.objectContaining({ code: 'TARGET_INVALID' }) as Error);
    },
  );
});
