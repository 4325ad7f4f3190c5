import { describe, expect, it } from 'vitest';
import { parseProjectDescriptor } from '../../src/cnb/index.ts';
import { formatImageReference } from '../../src/oci/index.ts';
import { mergeSettings } from '../../src/platform/build-settings.ts';
import type { LocalBuildOptions } from '../../src/platform/index.ts';

const HOST = { os: 'linux', architecture: 'amd64' };

const OPTIONS: LocalBuildOptions = {
  image: 'example.com/team/app:1',
  path: '/source',
  env: {},
  volumes: [],
  outputs: [],
  network: 'host',
  executor: 'auto',
  clearCache: false,
  frozen: false,
  insecureRegistries: [],
};

const project = (text: string) => ({
  descriptor: parseProjectDescriptor(`[_]\nschema-version = "0.3"\n${text}`, '/project/project.toml'),
  file: '/project/project.toml',
  directory: '/project',
});

const merge = (options: Partial<LocalBuildOptions> = {}, text?: string) =>
  mergeSettings({ ...OPTIONS, builder: 'base', ...options }, text === undefined ? undefined : project(text), HOST);
const settings = (options: Partial<LocalBuildOptions> = {}, text?: string) => merge(options, text).settings;
const uri = (name: string, baseDirectory: string) => ({ source: { kind: 'uri', uri: name, baseDirectory }, optional: false });
const builder = (id: string) => ({ source: { kind: 'reference', id }, optional: false });
const code = (wanted: string) => expect.objectContaining({ code: wanted });

describe('mergeSettings()', () => {
  it('has defaults', () => {
    const merged = settings();
    expect(merged.names.map(formatImageReference)).toEqual(['example.com/team/app:1']);
    expect(merged).toMatchObject({
      builder: 'base',
      modules: { pre: [], post: [] },
      env: {},
      source: {},
      declaredSource: {},
      cache: { kind: 'volume' },
      workspace: '/workspace',
      execEnv: 'production',
      user: {},
      pullPolicy: { kind: 'when-reachable' },
      platform: HOST,
      sparse: false,
      systemBuildpacks: true,
    });
  });

  it('counts the registry of the image among the insecure ones when asked', () => {
    const registries = { image: 'one.example:5000/app', insecureRegistries: ['two.example'] };
    expect(settings({ ...registries, insecure: true }).insecureRegistries).toEqual(['two.example', 'one.example:5000']);
    expect(settings(registries).insecureRegistries).toEqual(['two.example']);
  });

  it('takes the builder of project.toml where none is named', () => {
    const text = '[io.buildpacks]\nbuilder = "example/builder"';
    expect(mergeSettings(OPTIONS, project(text), HOST).settings.builder).toBe('example/builder');
    expect(settings({ builder: 'base' }, text).builder).toBe('base');
    expect(() => mergeSettings(OPTIONS, undefined, HOST)).toThrow(code('BUILDER_MISSING'));
    expect(() => mergeSettings(OPTIONS, project(''), HOST)).toThrow('project.toml names none either');
    expect(() => mergeSettings({ ...OPTIONS, builder: '' }, project(text), HOST)).toThrow(code('BUILDER_MISSING'));
  });

  it('starts paths of images where they are written', () => {
    const text = '[io.buildpacks]\nbuilder = "oci:builder:1"';
    expect(mergeSettings(OPTIONS, project(text), HOST).settings.builder).toBe('oci:/project/builder:1');
    const options = { builder: 'docker-archive:./b.tar', runImage: 'oci:run', previousImage: 'oci-archive:/p.tar', baseDirectory: '/here' };
    expect(settings(options)).toMatchObject({ builder: 'docker-archive:/here/b.tar', runImage: 'oci:/here/run', previousImage: 'oci-archive:/p.tar' });
    expect(settings({ builder: 'docker:x/y', runImage: 'x/y' })).toMatchObject({ builder: 'docker:x/y', runImage: 'x/y' });
  });

  it('never gives the image the name of its builder', () => {
    for (const name of ['example.com/team/app', 'docker:example.com/team/app:2', 'docker://example.com/team/app']) {
      expect(() => settings({ builder: name })).toThrow('the builder has this name');
      expect(() => settings({ builder: name, image: 'x', tags: ['example.com/team/app:3'] })).toThrow(code('BUILD_OPTION_INVALID'));
    }
    expect(settings({ builder: 'base', image: 'base' }).builder).toBe('base');
  });

  it('lets variables of the user win over those of project.toml, whose last wins', () => {
    const text = ['A', 'B', 'B'].map((name, index) => `[[io.buildpacks.build.env]]\nname = "${name}"\nvalue = "${index}"\n`).join('');
    expect(settings({ env: { A: 'own', C: 'own' } }, text).env).toEqual({ A: 'own', B: '2', C: 'own' });
  });

  it('leaves out what is for other execution environments', () => {
    const text = `
      [[io.buildpacks.group]]
      id = "all"
      exec-env = ["*"]
      [[io.buildpacks.group]]
      id = "tests"
      exec-env = ["test"]
      [[io.buildpacks.build.env]]
      name = "TESTS"
      value = "1"
      exec-env = ["test"]
    `;
    expect(settings({}, text)).toMatchObject({ env: {}, modules: { group: [builder('all')] } });
    expect(settings({ execEnv: 'test' }, text)).toMatchObject({ env: { TESTS: '1' }, modules: { group: [builder('all'), builder('tests')] } });
  });

  const PRE_POST = '[[io.buildpacks.pre.group]]\nid = "before"\n[[io.buildpacks.post.group]]\nuri = "./after"\n';
  const GROUP = '[[io.buildpacks.group]]\nuri = "./one"\n';
  it.each<readonly [string, Partial<LocalBuildOptions>, string, object, number]>([
    ['the group of the file', {}, GROUP, { group: [uri('./one', '/project')], pre: [], post: [] }, 0],
    ['options before the group', { buildpacks: ['./two'] }, GROUP, { group: [uri('./two', '/source')], pre: [], post: [] }, 0],
    ['paths from where the user is', { buildpacks: ['./two'], baseDirectory: '/here' }, '', { group: [uri('./two', '/here')], pre: [], post: [] }, 0],
    ['pre and post of the file', {}, PRE_POST, { pre: [builder('before')], post: [uri('./after', '/project')] }, 0],
    ['each of pre and post by itself', { preBuildpacks: ['x'] }, PRE_POST, { pre: [uri('x', '/source')], post: [uri('./after', '/project')] }, 0],
    ['a group alone, with a warning', {}, GROUP + PRE_POST, { group: [uri('./one', '/project')], pre: [], post: [] }, 1],
    ['extensions', { extensions: ['e'] }, PRE_POST, { extensions: [uri('e', '/source')], pre: [builder('before')], post: [uri('./after', '/project')] }, 0],
    ['an empty list as none', { buildpacks: [], extensions: [] }, GROUP, { group: [uri('./one', '/project')], pre: [], post: [] }, 0],
  ])('selects %s', (_name, options, text, modules, warnings) => {
    const merged = merge(options, text);
    expect(merged.settings.modules).toEqual(modules);
    expect(merged.warnings).toHaveLength(warnings);
  });

  it('passes an inline buildpack on', () => {
    const text = '[[io.buildpacks.group]]\nid = "i"\nscript = { api = "0.10", inline = "true" }';
    expect(settings({}, text).modules.group).toEqual([{ source: { kind: 'inline', id: 'i', api: '0.10', shell: '/bin/sh', script: 'true' }, optional: false }]);
  });

  it('filters by the lists of the file that are not empty', () => {
    expect(settings({}, '[io.buildpacks]\ninclude = ["a"]').source).toEqual({ include: ['a'] });
    expect(settings({}, '[io.buildpacks]\nexclude = []').source).toEqual({});
  });

  it('keeps what the project declares of its source', () => {
    const descriptor = parseProjectDescriptor('[_]\nschema-version = "0.2"\nversion = "1"\nsource-url = "https://example.com"', 'p');
    const merged = mergeSettings({ ...OPTIONS, builder: 'b' }, { descriptor, file: 'p', directory: '/' }, HOST);
    expect(merged.settings.declaredSource).toEqual({ version: '1', url: 'https://example.com' });
  });

  it('puts warnings of the file first', () => {
    expect(merge({ buildpacks: ['x'] }, `[io.buildpacks]\nbuidler = "x"\n${PRE_POST}`).warnings).toEqual([
      expect.stringContaining('did you mean "builder"'),
      expect.stringContaining('before or after the groups'),
    ]);
  });

  it.each<readonly [Partial<LocalBuildOptions>, object]>([
    [{ workspace: '/app' }, { workspace: '/app' }],
    [{ workspace: 'app' }, { workspace: '/app' }],
    [{ workspace: '/srv/../app/' }, { workspace: '/app' }],
    [{ execEnv: 'test' }, { execEnv: 'test' }],
    [{ uid: 0, gid: 5 }, { user: { uid: 0, gid: 5 } }],
    [{ pullPolicy: 'never' }, { pullPolicy: { kind: 'never' } }],
    [{ platform: 'linux/arm64' }, { platform: { os: 'linux', architecture: 'arm64' } }],
    [{ platform: 'linux/arm/v7' }, { platform: { os: 'linux', architecture: 'arm', variant: 'v7' } }],
    [{ creationTime: 0 }, { creationTime: 0 }],
    [{ cache: { kind: 'bind', directory: '/c' } }, { cache: { kind: 'bind', directory: '/c' } }],
    [{ systemBuildpacks: false }, { systemBuildpacks: false }],
  ])('takes %j', (options, expected) => expect(settings(options)).toMatchObject(expected));

  it.each<readonly [string, Partial<LocalBuildOptions>]>([
    ...['/', '/layers', '/layers/x', '/cnb', '/platform/env', '/tmp', '/tmp/cnb', '/proc/1', '/a:b', '/a\nb'].map(
      (workspace) => ['BUILD_OPTION_INVALID', { workspace }] as const,
    ),
    ...['a/b', 'a b', '*', 'ä'].map((execEnv) => ['BUILD_OPTION_INVALID', { execEnv }] as const),
    ...[-1, 1.5, Number.NaN, 2 ** 31].map((uid) => ['BUILD_OPTION_INVALID', { uid }] as const),
    ...['linux', 'linux/', 'linux/amd64/v1/x', 'Linux/amd64', ''].map((platform) => ['BUILD_OPTION_INVALID', { platform }] as const),
    ...[-1, 1.5, 253_402_300_800].map((creationTime) => ['BUILD_OPTION_INVALID', { creationTime }] as const),
    ['PULL_POLICY_INVALID', { pullPolicy: 'sometimes' }],
    ['IMAGE_REFERENCE_INVALID', { image: 'App' }],
    ['IMAGE_REFERENCE_INVALID', { image: `app@sha256:${'a'.repeat(64)}` }],
    ['IMAGE_REFERENCE_INVALID', { tags: ['App'] }],
  ])('%s: %j', (wanted, options) => expect(() => settings(options)).toThrow(code(wanted)));

  it('names an image by its tags too, each once', () => {
    const names = (options: Partial<LocalBuildOptions>) => settings(options).names.map(formatImageReference);
    expect(names({ tags: ['example.com/team/app:2', 'example.com/team/app:1', 'other:3'] })).toEqual([
      'example.com/team/app:1',
      'example.com/team/app:2',
      'index.docker.io/library/other:3',
    ]);
    expect(() => names({ tags: ['other:3'], outputs: [{ kind: 'registry' }] })).toThrow(code('TAG_REGISTRY_DIFFERENT'));
    expect(names({ tags: ['example.com/x'], outputs: [{ kind: 'registry' }] })).toEqual(['example.com/team/app:1', 'example.com/x:latest']);
  });
});
