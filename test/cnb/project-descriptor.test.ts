import { describe, expect, it } from 'vitest';
import { SpecFileError, parseProjectDescriptor } from '../../src/cnb/index.ts';

const parse = (text: string) => parseProjectDescriptor(text, 'project.toml');
const V2 = '[_]\nschema-version = "0.2"\n';

/** The problems of a file that cannot be used. */
function problems(text: string): readonly string[] {
  try {
    parse(text);
  } catch (error) {
    if (error instanceof SpecFileError) return error.problems.map(({ keyPath, problem }) => `${keyPath}: ${problem}`);
    throw error;
  }
  return [];
}

describe('parseProjectDescriptor()', () => {
  it('reads schema 0.2', () => {
    const descriptor = parse(`
      [_]
      schema-version = "0.2"
      id = "com.example.app"
      name = "App"
      version = "1.2"
      authors = ["somebody"]
      documentation-url = "https://example.com/docs"
      source-url = "https://example.com/source"
      [[_.licenses]]
      type = "MIT"
      [_.metadata]
      anything = { goes = true }
      [io.buildpacks]
      builder = "example/builder"
      include = ["cmd/", "*.go"]
      [[io.buildpacks.group]]
      id = "example/one"
      version = "1.0"
      [[io.buildpacks.group]]
      uri = "./two"
      [[io.buildpacks.group]]
      id = "example/inline"
      [io.buildpacks.group.script]
      api = "0.10"
      inline = "echo hello"
      [[io.buildpacks.pre.group]]
      id = "example/before"
      [[io.buildpacks.post.group]]
      id = "example/after"
      version = "2"
      [io.buildpacks.post.group.script]
      api = "0.10"
      inline = "true"
      shell = "/bin/bash"
      [[io.buildpacks.build.env]]
      name = "A"
      value = "1"
      [[io.buildpacks.build.env]]
      name = "EMPTY"
      [com.example]
      own = "table"
    `);
    expect(descriptor).toEqual({
      schemaVersion: '0.2',
      version: '1.2',
      sourceUrl: 'https://example.com/source',
      builder: 'example/builder',
      include: ['cmd/', '*.go'],
      group: [
        { kind: 'reference', id: 'example/one', version: '1.0', execEnv: [] },
        { kind: 'uri', uri: './two', execEnv: [] },
        { kind: 'inline', id: 'example/inline', api: '0.10', script: 'echo hello', shell: '/bin/sh', execEnv: [] },
      ],
      pre: [{ kind: 'reference', id: 'example/before', execEnv: [] }],
      post: [{ kind: 'inline', id: 'example/after', version: '2', api: '0.10', script: 'true', shell: '/bin/bash', execEnv: [] }],
      env: [
        { name: 'A', value: '1', execEnv: [] },
        { name: 'EMPTY', value: '', execEnv: [] },
      ],
      warnings: [],
    });
  });

  it('reads schema 0.1, also without a version', () => {
    const text = `
      [project]
      version = "3"
      source-url = "https://example.com/source"
      [build]
      exclude = ["*.md"]
      builder = "example/builder"
      [[build.buildpacks]]
      id = "example/one"
      [[build.env]]
      name = "A"
      value = "1"
      [metadata]
      own = 1
    `;
    const expected = {
      version: '3',
      sourceUrl: 'https://example.com/source',
      exclude: ['*.md'],
      builder: 'example/builder',
      group: [{ kind: 'reference', id: 'example/one', execEnv: [] }],
      env: [{ name: 'A', value: '1', execEnv: [] }],
    };
    expect(parse(text)).toMatchObject({ ...expected, schemaVersion: '0.1', warnings: ['project.toml declares no schema-version: it is read as schema 0.1'] });
    expect(parse(`${text}\n[_]\nschema-version = "0.1"`)).toMatchObject({ ...expected, warnings: [] });
  });

  it('reads the older place of variables only where the newer is absent', () => {
    const older = '[[io.buildpacks.env.build]]\nname = "OLD"\nvalue = "1"\n';
    expect(parse(V2 + older).env.map(({ name }) => name)).toEqual(['OLD']);
    expect(parse(`${V2}${older}[[io.buildpacks.build.env]]\nname = "NEW"\nvalue = "1"\n`).env.map(({ name }) => name)).toEqual(['NEW']);
  });

  it('reads execution environments in schema 0.3', () => {
    const { group, env, warnings } = parse(`
      [_]
      schema-version = "0.3"
      [[io.buildpacks.group]]
      id = "example/test"
      exec-env = ["test"]
      [[io.buildpacks.build.env]]
      name = "A"
      value = "1"
      exec-env = ["test", "development"]
    `);
    expect([group[0]?.execEnv, env[0]?.execEnv, warnings]).toEqual([['test'], ['test', 'development'], []]);
  });

  it.each([
    [`${V2}[io.buildpacks]\nbuidler = "x"`, 'project.toml: the key io.buildpacks.buidler means nothing in schema 0.2; did you mean "builder"?'],
    [
      `${V2}[[io.buildpacks.group]]\nid = "a"\nverison = "1"`,
      'project.toml: the key io.buildpacks.group.verison means nothing in schema 0.2; did you mean "version"?',
    ],
    [`${V2}[[io.buildpacks.group]]\nid = "a"\nexec-env = ["x"]`, 'project.toml: the key io.buildpacks.group.exec-env means nothing in schema 0.2'],
    [`${V2}[io.buildpack]\nbuilder = "x"`, 'project.toml: the table io.buildpack means nothing; did you mean "buildpacks"?'],
    [`${V2}colour = "red"`, 'project.toml: the key _.colour means nothing in schema 0.2'],
    [`${V2}[build]\nexclude = []`, 'project.toml: the table build means nothing in schema 0.2; it belongs to schema 0.1'],
    [
      '[_]\nschema-version = "0.1"\n[io.buildpacks]\nbuilder = "x"',
      'project.toml: the table io.buildpacks means nothing in schema 0.1; it belongs to schema 0.2',
    ],
    ['[_]\nschema-version = "0.1"\n[build]\nincldue = []', 'project.toml: the key build.incldue means nothing in schema 0.1; did you mean "include"?'],
  ])('warns of what means nothing: %j', (text, warning) => expect(parse(text).warnings).toEqual([warning]));

  it.each([`${V2}[io.example]\nx = 1`, `${V2}[_.metadata]\nbuildr = 1`, '[_]\nschema-version = "0.1"\n[metadata]\nx = 1\n[com.example]\nincldue = 1'])(
    'leaves the tables of others alone: %j',
    (text) => expect(parse(text).warnings).toEqual([]),
  );

  it.each([
    [`${V2}[io.buildpacks]\ninclude = []\nexclude = []`, ['io.buildpacks.include: cannot stand beside exclude: want one of them']],
    ['[_]\nschema-version = "0.1"\n[build]\ninclude = ["a"]\nexclude = ["b"]', ['build.include: cannot stand beside exclude: want one of them']],
    [
      `${V2}[[io.buildpacks.group]]\nid = "a"\n[io.buildpacks.group.script]\nshell = "/bin/sh"`,
      ['io.buildpacks.group[0].script.api: is missing', 'io.buildpacks.group[0].script.inline: is missing'],
    ],
    [`${V2}[[io.buildpacks.pre.group]]\nscript = { api = "0.10", inline = "true" }`, ['io.buildpacks.pre.group[0].id: is missing']],
    [
      `${V2}[[io.buildpacks.group]]\nid = "a"\nuri = "b"\nscript = { api = "0.10", inline = "true" }`,
      ['io.buildpacks.group[0].script: cannot stand beside uri: want one of them'],
    ],
    [`${V2}[[io.buildpacks.group]]\nuri = "b"\nversion = "1"`, ['io.buildpacks.group[0].version: cannot stand beside uri: want one of them']],
    [`${V2}[[io.buildpacks.group]]\nversion = "1"`, ['io.buildpacks.group[0].id: is missing: want an id, a uri or a script']],
    [`${V2}[[io.buildpacks.build.env]]\nvalue = "1"`, ['io.buildpacks.build.env[0].name: is missing']],
    [
      `${V2}[io.buildpacks]\nbuilder = 1\ninclude = "a"\n[io.buildpacks.build]\nenv = { name = "a" }`,
      [
        'io.buildpacks.builder: want a string, not a number',
        'io.buildpacks.include: want a list of strings, not a string',
        'io.buildpacks.build.env: want a list of tables, not a table',
      ],
    ],
    ['[_]\nschema-version = "9.9"', ['_.schema-version: want 0.1, 0.2, 0.3, not "9.9"']],
    ['[_]\nschema-version = 0.2', ['_.schema-version: want a string, not a number']],
    ['_ = 1', ['_: want a table, not a number']],
    ['[_]\nschema-version = "constructor"', ['_.schema-version: want 0.1, 0.2, 0.3, not "constructor"']],
  ])('refuses %j', (text, expected) => expect([...new Set(problems(text))].sort()).toEqual([...expected].sort()));

  it('refuses what is no TOML', () => {
    expect(() => parse('[io.buildpacks')).toThrow(expect.objectContaining({ code: 'TOML_INVALID' }));
    expect(() => parse('[build]\n[build]')).toThrow(expect.objectContaining({ code: 'TOML_INVALID' }));
  });

  it('takes keys that look like members of objects for unknown ones', () => {
    expect(parse(`${V2}[io.buildpacks]\n__proto__ = 1\nconstructor = 2`).warnings).toHaveLength(2);
  });
});
