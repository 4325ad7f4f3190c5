import { describe, expect, it } from 'vitest';
import { formatTarget, isTargetSatisfied, parseOsRelease, targetEnv, withDistribution } from '../../src/cnb/index.ts';

const IMAGE = { os: 'linux', arch: 'arm64', archVariant: 'v8', distro: { name: 'debian', version: '13' } };

describe('isTargetSatisfied()', () => {
  it.each([
    ['nothing', [], true],
    ['an empty target', [{ distros: [] }], true],
    ['the same', [{ os: 'linux', arch: 'arm64', variant: 'v8', distros: [{ name: 'debian', version: '13' }] }], true],
    ['another OS', [{ os: 'windows', distros: [] }], false],
    ['another architecture', [{ os: 'linux', arch: 'amd64', distros: [] }], false],
    ['another variant', [{ variant: 'v7', distros: [] }], false],
    [
      'one of several targets',
      [
        { arch: 'amd64', distros: [] },
        { arch: 'arm64', distros: [] },
      ],
      true,
    ],
    [
      'one of several distributions',
      [
        {
          distros: [
            { name: 'ubuntu', version: '24.04' },
            { name: 'debian', version: '' },
          ],
        },
      ],
      true,
    ],
    ['another version', [{ distros: [{ name: 'debian', version: '12' }] }], false],
  ])('%s', (_title, targets, expected) => {
    expect(isTargetSatisfied(IMAGE, targets)).toBe(expected);
  });

  it('needs the distribution of the image when the target names one', () => {
    const target = [{ distros: [{ name: 'debian', version: '' }] }];
    expect(isTargetSatisfied({ os: 'linux', arch: 'amd64' }, target)).toBe(false);
    expect(isTargetSatisfied(withDistribution({ os: 'linux', arch: 'amd64' }, 'ID=debian\n'), target)).toBe(true);
  });
});

describe('targetEnv()', () => {
  it('has only what is known', () => {
    expect(targetEnv({ os: 'linux', arch: 'amd64', distro: { name: 'x', version: '' } })).toEqual({
      CNB_TARGET_OS: 'linux',
      CNB_TARGET_ARCH: 'amd64',
      CNB_TARGET_DISTRO_NAME: 'x',
    });
    expect(Object.keys(targetEnv(IMAGE))).toHaveLength(5);
  });
});

describe('parseOsRelease()', () => {
  it.each([
    ['PRETTY_NAME="Debian"\nID=debian\nVERSION_ID="13"\n', { name: 'debian', version: '13' }],
    ["ID='alpine'\nVERSION_ID=3.20.1\n", { name: 'alpine', version: '3.20.1' }],
    ['ID=arch\n', { name: 'arch', version: '' }],
    ['NAME=x\nID_LIKE=debian\n', undefined],
  ])('%j', (text, expected) => {
    expect(parseOsRelease(text)).toEqual(expected);
  });
});

describe('formatTarget()', () => {
  it('is short', () => {
    expect(formatTarget(IMAGE)).toBe('linux/arm64/v8 debian 13');
    expect(formatTarget({ os: 'linux', distros: [] })).toBe('linux/*');
  });
});
