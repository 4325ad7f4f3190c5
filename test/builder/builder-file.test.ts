import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseBuilder, readBuilder } from '../../src/builder/builder-file.ts';
import { packageRoot } from '../../src/foundation/index.ts';

const MINIMAL = `
description = "d"
maintainer = "m"
homepage = "https://example.org"
suites = ["trixie"]
[distribution]
name = "debian"
version = "13"
codename = "trixie"
`;

describe('readBuilder()', () => {
  it('reads every bundled builder', () => {
    const builders = join(packageRoot(), 'builders');
    const names = readdirSync(builders, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && entry.name !== 'keyrings')
      .map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['base', 'tiny', 'toolbox']));
    const base = readBuilder(join(builders, 'base'));
    expect(base.user).toEqual({ name: 'cnb', uid: 1001, gid: 1000 });
    expect(base.runImage?.layers.map(({ name }) => name)).toEqual(['data', 'libc', 'tls']);
    expect(base.runImage?.exclude).toEqual(expect.arrayContaining(['debconf', 'openssl']));
    expect(readBuilder(join(builders, 'tiny')).buildImage).toEqual({ builder: 'base' });
    expect(readBuilder(join(builders, 'toolbox')).toolbox?.packages).toContain('bubblewrap');
  });

  it('says that a folder without builder.toml is no builder', () => {
    expect(() => readBuilder('/nonexistent/nothing')).toThrow(expect.objectContaining({ code: 'BUILDER_UNKNOWN' }));
  });
});

describe('parseBuilder()', () => {
  it('takes the folder name as the name and cnb as the user', () => {
    expect(parseBuilder(MINIMAL, '/builders/own/')).toMatchObject({ name: 'own', user: { name: 'cnb', uid: 1001, gid: 1000 }, buildpacks: [] });
  });

  it('reads groups of buildpacks, optional ones with a question mark, and lists each once', () => {
    const { order, buildpacks } = parseBuilder(
      `${MINIMAL}\n[[order]]\ngroup = ["certificates?", "java"]\n[[order]]\ngroup = ["certificates?", "static"]\n`,
      '/builders/own',
    );
    expect(order.map((group) => group.map(({ name, optional }) => `${name} ${optional}`))).toEqual([
      ['certificates true', 'java false'],
      ['certificates true', 'static false'],
    ]);
    expect(buildpacks).toEqual(['certificates', 'java', 'static']);
    expect(() => parseBuilder(`${MINIMAL}\n[[order]]\ngroup = ["java??"]\n`, '/builders/own')).toThrow(/order\[0\]\.group is \["java\?\?"\]/);
  });

  it('names all problems at once', () => {
    const text = `${MINIMAL.replace('homepage = "https://example.org"', 'homepage = 1\ncolour = "red"')}
[user]
name = "root"
uid = 0
gid = 1000
[run-image]
reference = "x"
packages = ["Not A Package"]
[node]
version = "24"
`;
    let message = '';
    try {
      parseBuilder(text, '/builders/own');
    } catch (error) {
      message = (error as Error).message;
      expect(error).toMatchObject({ code: 'BUILDER_INVALID' });
    }
    for (const part of [
      'colour is not known',
      'homepage is 1',
      'user.uid is 0',
      'run-image.packages',
      'node.version is "24"',
      'node.integrity is missing',
      'npm is missing',
    ])
      expect(message).toContain(part);
  });
});
