import { describe, expect, it } from 'vitest';
import {
  compareApiVersions,
  formatApiVersion,
  highestCommonApi,
  isApiAtLeast,
  isSupportedApi,
  parseApiVersion,
  requireBuildpackApi,
  requirePlatformApi,
  tryParseApiVersion,
} from '../../src/cnb/index.ts';

describe('parseApiVersion()', () => {
  it.each([
    ['0.12', '0.12'],
    ['1', '1.0'],
    ['v0.7', '0.7'],
  ])('reads %s', (text, expected) => {
    expect(formatApiVersion(parseApiVersion(text))).toBe(expected);
  });

  it.each(['', 'x', '0.', '0.1.2', '-1', '0.12 ', '9999999999.1'])('refuses "%s"', (text) => {
    expect(tryParseApiVersion(text)).toBeUndefined();
    expect(() => parseApiVersion(text)).toThrow(expect.objectContaining({ code: 'API_VERSION_INVALID' }));
  });
});

describe('compareApiVersions()', () => {
  it('compares numbers, not texts', () => {
    expect(compareApiVersions(parseApiVersion('0.9'), parseApiVersion('0.10'))).toBeLessThan(0);
    expect(isApiAtLeast(parseApiVersion('0.10'), '0.9')).toBe(true);
    expect(isApiAtLeast(parseApiVersion('0.8'), '0.9')).toBe(false);
    expect(isApiAtLeast(parseApiVersion('1.0'), '0.12')).toBe(true);
  });
});

describe('isSupportedApi()', () => {
  it.each([
    ['buildpack', '0.6', false],
    ['buildpack', '0.7', true],
    ['buildpack', '0.12', true],
    ['buildpack', '0.13', false],
    ['platform', '0.15', true],
    ['platform', '0.16', false],
    ['platform', '1.0', false],
  ] as const)('%s %s: %s', (kind, text, expected) => {
    expect(isSupportedApi(kind, parseApiVersion(text))).toBe(expected);
  });
});

describe('requirePlatformApi()', () => {
  it.each([undefined, '', 'latest', '0.16'])('refuses %s and names what is supported', (text) => {
    expect(() => requirePlatformApi(text)).toThrow(
      expect.objectContaining({ code: 'PLATFORM_API_UNSUPPORTED', nextStep: expect.stringContaining('0.15') as string }),
    );
  });
});

describe('requireBuildpackApi()', () => {
  it('names the buildpack', () => {
    expect(() => requireBuildpackApi('0.99', 'a@1')).toThrow(
      expect.objectContaining({ code: 'BUILDPACK_API_UNSUPPORTED', message: expect.stringContaining('"a@1"') as string }),
    );
  });
});

describe('highestCommonApi()', () => {
  it('is the newest of both lists', () => {
    const list = (...texts: readonly string[]) => texts.map(parseApiVersion);
    expect(highestCommonApi(list('0.9', '0.10', '0.11'), list('0.10', '0.9', '0.12'))).toEqual(parseApiVersion('0.10'));
    expect(highestCommonApi(list('0.9'), list('0.10'))).toBeUndefined();
  });
});
