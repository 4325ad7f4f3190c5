import { describe, expect, it } from 'vitest';
import { formatRequirement, parseRequirement } from '../../../buildpacks/python/src/requirement.ts';

describe('parseRequirement()', () => {
  it.each([
    ['flask', 'flask'],
    ['uvicorn[standard, http] >=0.30 , <1 ; python_version >= "3.8"', 'uvicorn[standard,http]>=0.30,<1'],
    ['foo (>=1.0)', 'foo>=1.0'],
    ['x @ git+https://example.test/a?b;c@main ; os_name == "posix"', 'x @ git+https://example.test/a?b;c@main'],
    ['a===1.0+local', 'a===1.0+local'],
  ])('reads %s', (text, formatted) => {
    expect(formatRequirement(parseRequirement(text)!)).toBe(formatted);
  });

  it('keeps the marker apart', () => {
    expect(parseRequirement('tzdata ; sys_platform == "win32"')?.marker).toMatchObject({ kind: 'compare', operator: '==', right: { value: 'win32' } });
  });

  it.each(['', '-e .', './local', 'foo=1.0', 'foo>=1 bar', 'foo ; nonsense', 'foo >= ', 'foo[bar'])('is no requirement: %s', (text) => {
    expect(parseRequirement(text)).toBeUndefined();
  });
});
