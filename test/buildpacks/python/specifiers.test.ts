import { describe, expect, it } from 'vitest';
import { fromPoetryConstraint, isSpecifier, normalizeName, satisfiesPoetryConstraint, versionSatisfies } from '../../../buildpacks/python/src/specifiers.ts';

describe('fromPoetryConstraint()', () => {
  it.each([
    ['^3.11', ['>=3.11,<4']],
    ['^0.2.3', ['>=0.2.3,<0.3']],
    ['^0.0.3', ['>=0.0.3,<0.0.4']],
    ['^0', ['>=0,<1']],
    ['~1.2.3', ['>=1.2.3,<1.3']],
    ['~2', ['>=2,<3']],
    ['~2.7 || ^3.2', ['>=2.7,<2.8', '>=3.2,<4']],
    ['>=3.8 <4', ['>=3.8,<4']],
    ['>=3.7, !=3.9.*', ['>=3.7,!=3.9.*']],
    ['3.11.*', ['==3.11.*']],
    ['1.0', ['==1.0']],
    ['~=3.1', ['~=3.1']],
    ['*', ['']],
  ])('reads %s', (text, specifiers) => {
    expect(fromPoetryConstraint(text)).toEqual(specifiers);
  });

  it.each(['latest', '^', '1.0 || new'])('does not take %s for a constraint', (text) => {
    expect(fromPoetryConstraint(text)).toBeUndefined();
  });
});

describe('versions', () => {
  it('compares by PEP 440, prereleases included', () => {
    expect(versionSatisfies('5.0rc1', '>=4')).toBe(true);
    expect(versionSatisfies('1.0', '>1.0,<2')).toBe(false);
    expect(versionSatisfies('anything', '')).toBe(true);
    expect(satisfiesPoetryConstraint('3.12.1', '~2.7 || ^3.2')).toBe(true);
    expect(satisfiesPoetryConstraint('4.0', '~2.7 || ^3.2')).toBe(false);
    expect([isSpecifier(''), isSpecifier('>=1,<2'), isSpecifier('1.0'), isSpecifier('x')]).toEqual([true, true, false, false]);
  });

  it('compares names in one form', () => {
    expect(normalizeName('Zope.Interface__x')).toBe('zope-interface-x');
  });
});
