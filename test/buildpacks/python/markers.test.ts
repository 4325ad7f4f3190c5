import { describe, expect, it } from 'vitest';
import { evaluateMarker, markerEnvironment, parseMarker } from '../../../buildpacks/python/src/markers.ts';

const holds = (text: string, extras: readonly string[] = [], architecture = 'amd64') => {
  const marker = parseMarker(text);
  return marker === undefined ? undefined : evaluateMarker(marker, markerEnvironment('3.13.5', architecture), extras);
};

describe('evaluateMarker()', () => {
  it.each([
    ['python_version < "3.12"', false],
    ['python_version >= "3.9"', true], // as versions: as texts, "3.13" is less
    ['python_version not in "3.11 3.12"', true],
    ['python_version == "3.*"', true],
    ['python_full_version >= "3.13.0rc1"', true],
    ['"3.8" <= python_version', true],
    ["sys_platform == 'win32' or sys_platform == 'linux'", true],
    ['sys_platform == "win32" and os_name == "nt" or platform_system == "Linux"', true],
    ['sys_platform == "win32" and (os_name == "nt" or platform_system == "Linux")', false],
    ['platform_machine in "x86_64 arm64"', true],
    ['platform_python_implementation != "PyPy"', true],
    ['os.name == "posix"', true],
    ['extra == "web"', false],
  ])('%s is %s', (text, expected) => {
    expect(holds(text)).toBe(expected);
  });

  it('knows the extras that are asked for, in any spelling', () => {
    expect(holds('extra == "Web_App"', ['web-app'])).toBe(true);
    expect(holds('extra != "web"', ['web'])).toBe(false);
    expect(holds('python_version > "3" and extra == "web"', ['docs', 'web'])).toBe(true);
  });

  it('tells machines by the names that Linux has for them', () => {
    expect(holds('platform_machine == "aarch64"', [], 'arm64')).toBe(true);
  });

  it.each(['', 'python_version', 'python_version < ', '"3" < "4" and', '(sys_platform == "linux"', 'a b c', 'os_name = "posix"', 'x == "y" z'])(
    'is no marker: %s',
    (text) => {
      expect(holds(text)).toBeUndefined();
    },
  );
});
