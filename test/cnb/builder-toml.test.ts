import { describe, expect, it } from 'vitest';
import { parseBuilderToml, parsePackageToml } from '../../src/cnb/index.ts';

const BASIS = '[build]\nimage = "build"\n[[run.images]]\nimage = "run"\n';
const parse = (text: string) => parseBuilderToml(text, 'builder.toml');

describe('parseBuilderToml()', () => {
  it('reads every part', () => {
    const text = `
description = "Demo"
[[buildpacks]]
id = "a/b"
version = "1.0.0"
uri = "./b"
[[buildpacks]]
image = "example.org/package"
[[extensions]]
uri = "ext"
[[order]]
[[order.group]]
id = "a/b"
optional = true
[[order-extensions]]
[[order-extensions.group]]
id = "ext"
optional = true
[system.pre]
[[system.pre.buildpacks]]
id = "sys"
version = "1.0.0"
[build]
image = "build"
[[build.env]]
name = "A"
value = "1"
[[build.env]]
name = "P"
value = "x"
suffix = "append"
delim = ":"
[[run.images]]
image = "run"
mirrors = ["mirror"]
[lifecycle]
version = "0.21.0"
[[targets]]
os = "linux"
arch = "arm64"
`;
    const builder = parse(text);
    expect(builder.buildpacks).toEqual([{ id: 'a/b', version: '1.0.0', uri: './b' }, { uri: 'docker://example.org/package' }]);
    expect(builder.order).toEqual([{ group: [{ id: 'a/b', optional: true }] }]);
    expect(builder.orderExtensions).toEqual([{ group: [{ id: 'ext', optional: false }] }]);
    expect(builder.system.pre).toEqual([{ id: 'sys', version: '1.0.0', optional: false }]);
    expect(builder.buildConfigEnv).toEqual({ A: '1', 'P.append': 'x', 'P.delim': ':' });
    expect(builder).toMatchObject({
      description: 'Demo',
      buildImage: 'build',
      runImages: [{ image: 'run', mirrors: ['mirror'] }],
      lifecycle: { version: '0.21.0' },
    });
    expect(builder.targets).toEqual([{ os: 'linux', arch: 'arm64', distros: [] }]);
    expect(builder.warnings).toEqual(['The key "image" of [[buildpacks]] is deprecated: write uri = "docker://example.org/package"']);
  });

  it('takes the images of an old [stack]', () => {
    const builder = parse('[stack]\nid = "s"\nbuild-image = "build"\nrun-image = "run"\nrun-image-mirrors = ["m"]\n');
    expect(builder).toMatchObject({ buildImage: 'build', runImages: [{ image: 'run', mirrors: ['m'] }], stackId: 's' });
  });

  it('warns of what does nothing', () => {
    expect(parse(`${BASIS}[[build.env]]\nname = "E"\n`).warnings).toEqual([
      'It has no order: the builder detects nothing by itself',
      'The variable "E" of [[build.env]] has no value',
    ]);
  });

  it.each([
    ['no build image', '[build]\nenv = []\n[[run.images]]\nimage = "run"\n', 'build.image: is missing'],
    ['no run images', '[build]\nimage = "b"\n', 'run: is missing'],
    ['a run image without a name', '[build]\nimage = "b"\n[[run.images]]\nmirrors = []\n', 'run.images[0].image: is missing'],
    ['two build images', `${BASIS}[stack]\nbuild-image = "other"\n`, 'do not match'],
    ['two run images', `${BASIS}[stack]\nrun-image = "other"\n`, 'do not match'],
    ['a module without a place', `${BASIS}[[buildpacks]]\nid = "a"\n`, 'buildpacks[0].uri: is missing'],
    ['a module with two places', `${BASIS}[[buildpacks]]\nuri = "a"\nimage = "b"\n`, 'cannot be given together with uri'],
    ['a mistyped key', `${BASIS}[[buildpack]]\nuri = "a"\n`, 'buildpack: is not known, did you mean buildpacks?'],
    ['a mistyped key of a module', `${BASIS}[[buildpacks]]\nurl = "a"\n`, 'buildpacks[0].url: is not known, did you mean uri?'],
    ['two lifecycles', `${BASIS}[lifecycle]\nversion = "0.1.0"\nuri = "x"\n`, 'cannot be given together with uri'],
    ['a lifecycle version that is none', `${BASIS}[lifecycle]\nversion = "latest"\n`, '"latest" is not a version'],
    ['a wrong type', `description = 1\n${BASIS}`, 'description: want a string, not a number'],
    ['an unknown action', `${BASIS}[[build.env]]\nname = "A"\nvalue = "1"\nsuffix = "add"\n`, 'build.env[0].suffix: "add" is not known'],
    ['nothing between', `${BASIS}[[build.env]]\nname = "A"\nvalue = "1"\nsuffix = "prepend"\n`, 'build.env[0].delim: is missing'],
    ['a variable that is a path', `${BASIS}[[build.env]]\nname = "../A"\nvalue = "1"\n`, '"../A" is not the name of a variable'],
    ['an id that is a path', `${BASIS}[[order]]\n[[order.group]]\nid = "../a"\n`, 'order[0].group[0].id'],
  ])('refuses %s', (_title, text, problem) => {
    expect(() => parse(text)).toThrow(problem);
  });

  it('says all problems at once', () => {
    expect(() => parse('descripton = "x"\n[build]\nenv = 1\n')).toThrow(/descripton.*build.env.*build.image.*run: is missing/su);
  });
});

describe('parsePackageToml()', () => {
  it('reads buildpack, dependencies, platform and targets', () => {
    const text =
      '[buildpack]\nuri = "."\n[[dependencies]]\nuri = "../a"\n[[dependencies]]\nimage = "b"\n[platform]\nos = "linux"\n[[targets]]\nos = "linux"\narch = "arm64"\n';
    expect(parsePackageToml(text, 'package.toml', 'buildpack')).toEqual({
      uri: '.',
      dependencies: ['../a', 'docker://b'],
      os: 'linux',
      targets: [{ os: 'linux', arch: 'arm64', distros: [] }],
    });
  });

  it.each([
    ['no uri', '[buildpack]\n[[dependencies]]\nuri = "a"\n', 'buildpack.uri: is missing'],
    ['an unknown system', '[buildpack]\nuri = "."\n[platform]\nos = "beos"\n', 'platform.os: "beos" is not known, want linux or windows'],
    ['a dependency with two places', '[buildpack]\nuri = "."\n[[dependencies]]\nuri = "a"\nimage = "b"\n', 'cannot be given together with uri'],
    ['an extension', '[extension]\nuri = "."\n', 'extension: is not for the package of a buildpack'],
    ['a mistyped key', '[buildpack]\nuri = "."\n[[dependency]]\nuri = "a"\n', 'dependency: is not known'],
  ])('refuses %s', (_title, text, problem) => {
    expect(() => parsePackageToml(text, 'package.toml', 'buildpack')).toThrow(problem);
  });
});
