import { describe, expect, it } from 'vitest';
import { inferTargets, isForExecEnv, parseBuildpackDescriptor, parseExtensionDescriptor } from '../../src/cnb/index.ts';

const parse = (text: string) => parseBuildpackDescriptor(text, 'buildpack.toml');
const HEAD = 'api = "0.12"\n[buildpack]\nid = "samples/a"\nversion = "1.2.3"\n';

describe('parseBuildpackDescriptor()', () => {
  it('reads everything that the spec names and ignores the rest', () => {
    const text = `${HEAD}name = "A"
homepage = "https://example.org"
description = "d"
keywords = ["k"]
clear-env = true
sbom-formats = ["application/spdx+json", "application/vnd.cyclonedx+json; version=1.4"]
exec-env = ["test"]
unknown = 1
[[buildpack.licenses]]
type = "MIT"
[[targets]]
os = "linux"
arch = "arm64"
variant = "v8"
[[targets.distros]]
name = "debian"
version = "13"
[[targets]]
arch-variant = "v7"
[[stacks]]
id = "*"
[metadata]
any = { thing = 1 }
`;
    expect(parse(text)).toEqual({
      kind: 'buildpack',
      id: 'samples/a',
      version: '1.2.3',
      api: { major: 0, minor: 12 },
      name: 'A',
      homepage: 'https://example.org',
      description: 'd',
      keywords: ['k'],
      licenses: [{ type: 'MIT' }],
      clearEnv: true,
      execEnv: ['test'],
      sbomFormats: ['application/spdx+json', 'application/vnd.cyclonedx+json'],
      targets: [
        { os: 'linux', arch: 'arm64', variant: 'v8', distros: [{ name: 'debian', version: '13' }] },
        { variant: 'v7', distros: [] },
      ],
      order: [],
      stacks: [{ id: '*', mixins: [] }],
      metadata: expect.objectContaining({ any: expect.objectContaining({ thing: 1 }) as object }) as object,
    });
  });

  it('reads the order of a composite buildpack', () => {
    const { order } = parse(
      `${HEAD}[[order]]\n[[order.group]]\nid = "b"\nversion = "1"\noptional = true\nexec-env = ["test"]\n[[order]]\n[[order.group]]\nid = "c"\nversion = "2"\n`,
    );
    expect(order).toEqual([{ group: [{ id: 'b', version: '1', optional: true, execEnv: ['test'] }] }, { group: [{ id: 'c', version: '2', optional: false }] }]);
  });

  it('reads both spellings of exec-env, from Buildpack API 0.12 on', () => {
    expect(parse(`${HEAD}[[buildpack.exec-env]]\nname = "test"\n`).execEnv).toEqual(['test']);
    expect(parse(`${HEAD.replace('0.12', '0.11')}exec-env = ["test"]\n`).execEnv).toEqual([]);
  });

  it('reports everything that is wrong, with its place', () => {
    const text = 'api = "0.12"\n[buildpack]\nid = "../x"\nclear-env = "no"\nkeywords = [1]\n[[targets]]\nos = 1\n[[order]]\n[[order.group]]\nid = "b"\n';
    expect(() => parse(text)).toThrow(
      expect.objectContaining({
        code: 'SPEC_FILE_INVALID',
        file: 'buildpack.toml',
        problems: expect.arrayContaining([
          { keyPath: 'buildpack.id', problem: '"../x" has an empty part, "." or ".." between slashes' },
          { keyPath: 'buildpack.version', problem: 'is missing' },
          { keyPath: 'buildpack.clear-env', problem: 'want true or false, not a string' },
          { keyPath: 'buildpack.keywords', problem: 'want a list of strings, not a list' },
          { keyPath: 'targets[0].os', problem: 'want a string, not a number' },
          { keyPath: 'order[0].group[0].version', problem: 'is missing' },
        ]) as object,
      }),
    );
  });

  it.each([
    ['no buildpack table', 'api = "0.12"\n'],
    ['a version that climbs', HEAD.replace('1.2.3', '../1')],
    ['a buildpack that is a list', 'api = "0.12"\nbuildpack = [1]\n'],
  ])('refuses %s', (_title, text) => {
    expect(() => parse(text)).toThrow(expect.objectContaining({ code: 'SPEC_FILE_INVALID' }));
  });

  it.each(['', 'api = "0.99"\n', 'api = "next"\n'])('refuses an API that it does not know before the rest: %s', (api) => {
    expect(() => parse(`${api}[buildpack]\nid = "a"\nversion = "1"\n`)).toThrow(
      expect.objectContaining({ code: 'BUILDPACK_API_UNSUPPORTED', message: expect.stringContaining('"a@1"') as string }),
    );
  });

  it('is not fooled by names that every JavaScript object has', () => {
    const { metadata, name } = parse(`${HEAD}[metadata]\n__proto__ = { polluted = true }\nconstructor = "x"\n`);
    expect(name).toBeUndefined();
    expect(metadata!['constructor']).toBe('x');
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});

describe('targets of old descriptors', () => {
  it.each([
    ['0.9', '[[stacks]]\nid = "*"\n', [{ distros: [] }]],
    ['0.9', '[[stacks]]\nid = "io.buildpacks.stacks.bionic"\n', [{ os: 'linux', arch: 'amd64', distros: [{ name: 'ubuntu', version: '18.04' }] }]],
    ['0.9', '[[stacks]]\nid = "io.buildpacks.stacks.bionic"\n[[stacks]]\nid = "other"\n', []],
    [
      '0.10',
      '[[stacks]]\nid = "io.buildpacks.stacks.bionic"\n[[stacks]]\nid = "other"\n',
      [{ os: 'linux', arch: 'amd64', distros: [{ name: 'ubuntu', version: '18.04' }] }],
    ],
  ])('API %s: %s', (api, stacks, expected) => {
    expect(parse(`${HEAD.replace('0.12', api)}${stacks}`).targets).toEqual(expected);
  });

  it('come from its executables when it names none', () => {
    expect(inferTargets(parse(HEAD), ['build', 'detect']).targets).toEqual([{ os: 'linux', distros: [] }]);
    expect(inferTargets(parse(HEAD), ['detect']).targets).toEqual([]);
    expect(inferTargets(parse(`${HEAD}[[targets]]\nos = "windows"\n`), ['build']).targets).toEqual([{ os: 'windows', distros: [] }]);
  });
});

describe('parseExtensionDescriptor()', () => {
  it('reads an extension', () => {
    expect(parseExtensionDescriptor('api = "0.10"\n[extension]\nid = "e"\nversion = "1"\n', 'extension.toml')).toMatchObject({ kind: 'extension', id: 'e' });
  });

  it('refuses an order', () => {
    expect(() => parseExtensionDescriptor('api = "0.10"\n[extension]\nid = "e"\nversion = "1"\n[[order]]\n', 'extension.toml')).toThrow(
      'must not have an order',
    );
  });
});

describe('isForExecEnv()', () => {
  it.each([
    [undefined, true],
    [[], true],
    [['*'], true],
    [['test', 'production'], true],
    [['test'], false],
  ] as const)('%j: %s', (list, expected) => {
    expect(isForExecEnv(list, 'production')).toBe(expected);
  });
});
