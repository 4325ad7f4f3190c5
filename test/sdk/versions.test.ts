import { describe, expect, it } from 'vitest';
import { exactVersion, isVersionRange, nearestVersions, newestSatisfying } from '../../src/sdk/index.ts';

const offered = ['18.20.8', '20.19.0', '22.23.1', '24.21.0', '26.10.0', '27.0.0-rc.1'];

describe('nearestVersions()', () => {
  it.each([
    ['21.x', ['18.20.8', '20.19.0', '22.23.1', '24.21.0']],
    ['>=30', ['20.19.0', '22.23.1', '24.21.0', '26.10.0']],
    ['<10', ['18.20.8', '20.19.0', '22.23.1', '24.21.0']],
    ['not a range', ['20.19.0', '22.23.1', '24.21.0', '26.10.0']],
  ])('lists the neighbours of %s', (range, expected) => {
    expect(nearestVersions(range, offered)).toEqual(expected);
  });
});

describe('newestSatisfying()', () => {
  it.each([
    ['20.x || 22.x', '22.23.1'],
    ['>=18', '26.10.0'],
    ['^19', undefined],
  ])('resolves %s', (range, expected) => {
    expect(newestSatisfying(range, offered)).toBe(expected);
  });
});

describe('exactVersion()', () => {
  it.each([
    ['v20.1.0', '20.1.0'],
    [' 20.1.0\n', '20.1.0'],
    ['20', undefined],
    ['latest', undefined],
  ])('reads %j', (text, expected) => {
    expect(exactVersion(text)).toBe(expected);
    expect(isVersionRange('20')).toBe(true);
  });
});
