import { describe, expect, it } from 'vitest';
import * as cnb from '../../src/cnb/index.ts';
import { TspackError } from '../../src/foundation/index.ts';
import { mutate } from '../support/mutate-text.ts';
import { seededRandom } from '../support/random.ts';

const API = cnb.parseApiVersion('0.10');

/** Each reader with a text that uses all that it knows, and a writer for what it reads. */
interface Codec {
  readonly text: string;
  readonly parse: (text: string) => unknown;
  readonly format?: (value: never) => string;
}

const MODULE = `id = "samples/one"
version = "1.2.3"
name = "One"
homepage = "https://example.org"
description = 'text'
keywords = ["a", "b"]
clear-env = true
sbom-formats = ["application/vnd.cyclonedx+json"]
exec-env = ["test"]
licenses = [{ type = "MIT", uri = "https://example.org" }]`;

const ORDER = '[[order]]\n[[order.group]]\nid = "a"\nversion = "1"\noptional = true\nexec-env = ["*"]\n';
const METADATA =
  '[metadata]\nint = 3\nbig = 9007199254740993\nfloat = 1.5\nnot = nan\nday = 1979-05-27T07:32:00Z\nlist = [[1, "a"], [true]]\n[metadata.nested]\n"a b".c = """x\ny"""\n';
/** Of what goes on as JSON, where `nan` is none. */
const FINITE = METADATA.replace('not = nan\n', '');
const RECORD =
  '{"key":"a","version":"1","layers":{"l":{"sha":"sha256:1","data":{"a":[1,null,{"b":1e300}]},"build":true,"launch":true,"cache":true}},"store":{"metadata":{"a":1}}}';

/** The group of a project descriptor, with what goes before and after. */
const PROJECT_GROUPS = (group: string, around: string): string =>
  [group, `${around}.pre.group`, `${around}.post.group`]
    .map((table) => `[[${table}]]\nid = "a"\nversion = "1"\n[[${table}]]\nid = "s"\n[${table}.script]\napi = "0.10"\ninline = "x"\nshell = "/bin/sh"\n`)
    .join('');

const TOML: Readonly<Record<string, Codec>> = {
  'buildpack.toml': {
    text: `api = "0.12"\n[buildpack]\n${MODULE}\n${ORDER}[[targets]]\nos = "linux"\narch = "amd64"\nvariant = "v8"\n[[targets.distros]]\nname = "debian"\nversion = "13"\n[[stacks]]\nid = "*"\nmixins = ["m"]\n${METADATA}`,
    parse: (text) => cnb.parseBuildpackDescriptor(text, 'f'),
  },
  'extension.toml': { text: `api = "0.12"\n[extension]\n${MODULE}\n${METADATA}`, parse: (text) => cnb.parseExtensionDescriptor(text, 'f') },
  'project.toml of schema 0.1': {
    text: `[project]\nid = "i"\nname = "n"\nversion = "1"\nsource-url = "u"\nauthors = ["a"]\n[[project.licenses]]\ntype = "t"\nuri = "u"\n[build]\ninclude = ["a"]\nbuilder = "b"\n${PROJECT_GROUPS('build.buildpacks', 'build')}[[build.env]]\nname = "N"\nvalue = "v"\n${METADATA}`,
    parse: (text) => cnb.parseProjectDescriptor(text, 'f'),
  },
  ...Object.fromEntries(
    ['0.2', '0.3'].map((schema) => [
      `project.toml of schema ${schema}`,
      {
        text: `[_]\nschema-version = "${schema}"\nid = "i"\nname = "n"\nversion = "1"\nauthors = ["a"]\n[_.metadata]\na = 1\n[io.buildpacks]\nbuilder = "b"\nexclude = ["a"]\n${PROJECT_GROUPS('io.buildpacks.group', 'io.buildpacks')}[[io.buildpacks.build.env]]\nname = "N"\nvalue = "v"\nexec-env = ["test"]\n[[io.buildpacks.env.build]]\nname = "N"\nvalue = "v"\n`,
        parse: (text: string) => cnb.parseProjectDescriptor(text, 'f'),
      },
    ]),
  ),
  'builder.toml': {
    text: `description = "d"\n[[buildpacks]]\nuri = "u"\nid = "a"\nversion = "1"\n[[extensions]]\nimage = "i"\n${ORDER}[[order-extensions]]\n[[order-extensions.group]]\nid = "e"\n[[system.pre.buildpacks]]\nid = "a"\n[stack]\nid = "s"\nbuild-image = "b"\nrun-image = "r"\nrun-image-mirrors = ["m"]\n[lifecycle]\nversion = "0.20.0"\n[build]\nimage = "b"\n[[build.env]]\nname = "N"\nvalue = "v"\nsuffix = "append"\ndelim = ":"\n[[run.images]]\nimage = "r"\nmirrors = ["m"]\n[[targets]]\nos = "linux"\narch = "amd64"\n`,
    parse: (text) => cnb.parseBuilderToml(text, 'f'),
  },
  'package.toml': {
    text: '[buildpack]\nuri = "."\n[[dependencies]]\nuri = "u"\n[[dependencies]]\nimage = "i"\n[platform]\nos = "linux"\n[[targets]]\nos = "linux"\narch = "amd64"\n',
    parse: (text) => cnb.parsePackageToml(text, 'f', 'buildpack'),
  },
  'extend-config.toml': {
    text: '[build]\n[[build.args]]\nname = "a"\nvalue = "b"\n[run]\n[[run.args]]\nname = "a"\n',
    parse: (text) => cnb.parseExtendConfig(text, 'f'),
  },
  'order.toml': {
    text: `${ORDER}${ORDER.replaceAll('order', 'order-extensions')}`,
    parse: (text) => cnb.parseOrderToml(text, 'f'),
    format: cnb.formatOrderToml,
  },
  'system.toml': {
    text: '[[system.pre.buildpacks]]\nid = "a"\nversion = "1"\n[[system.post.buildpacks]]\nid = "b"\nversion = "1"\noptional = true\n',
    parse: (text) => cnb.parseSystemToml(text, 'f'),
  },
  'group.toml': {
    text: '[[group]]\nid = "a"\nversion = "1"\napi = "0.10"\nhomepage = "h"\n[[group-extensions]]\nid = "e"\nversion = "1"\napi = "0.10"\n',
    parse: (text) => cnb.parseGroupToml(text, 'f'),
    format: cnb.formatGroupToml,
  },
  'plan.toml of a buildpack': {
    text: `[[provides]]\nname = "a"\n[[requires]]\nname = "b"\n${METADATA.replaceAll('[metadata', '[requires.metadata')}[[or]]\n[[or.provides]]\nname = "c"\n[[or]]\n`,
    parse: (text) => cnb.parseBuildPlan(text, 'f'),
    format: cnb.formatBuildPlan,
  },
  'plan.toml': {
    text: '[[entries]]\n[[entries.providers]]\nid = "a"\nversion = "1"\nextension = true\n[[entries.requires]]\nname = "x"\n[entries.requires.metadata]\na = 1\n',
    parse: (text) => cnb.parsePlanToml(text, 'f'),
    format: cnb.formatPlanToml,
  },
  'buildpack plan': {
    text: `[[entries]]\nname = "a"\n${METADATA.replaceAll('[metadata', '[entries.metadata')}`,
    parse: (text) => cnb.parseBuildpackPlan(text, 'f'),
    format: cnb.formatBuildpackPlan,
  },
  '<layer>.toml': {
    text: `[types]\nlaunch = true\nbuild = false\ncache = true\n${FINITE}`,
    parse: (text) => cnb.parseLayerToml(text, 'f'),
    format: cnb.formatLayerToml,
  },
  'launch.toml': {
    text: '[[labels]]\nkey = "k"\nvalue = "v"\n[[processes]]\ntype = "web"\ncommand = ["a", "b"]\nargs = ["c"]\ndefault = true\nworking-dir = "/x"\nexec-env = ["test"]\n[[slices]]\npaths = ["a*"]\n[[bom]]\nname = "n"\n[bom.metadata]\na = 1\n',
    parse: (text) => cnb.parseLaunchToml(text, 'f', API),
    format: cnb.formatLaunchToml,
  },
  'launch.toml of Buildpack API 0.7': {
    text: '[[processes]]\ntype = "web"\ncommand = "a b"\nargs = ["c"]\ndirect = true\nworking-dir = "/x"\n',
    parse: (text) => cnb.parseLaunchToml(text, 'f', cnb.parseApiVersion('0.7')),
  },
  'build.toml': { text: '[[unmet]]\nname = "a"\n[[bom]]\nname = "n"\n', parse: (text) => cnb.parseBuildToml(text, 'f'), format: cnb.formatBuildToml },
  'store.toml': { text: FINITE, parse: (text) => cnb.parseStoreToml(text, 'f'), format: cnb.formatStoreToml },
  'metadata.toml': {
    text: 'buildpack-default-process-type = "web"\n[[buildpacks]]\nid = "a"\nversion = "1"\napi = "0.10"\n[[labels]]\nkey = "k"\nvalue = "v"\n[[processes]]\ntype = "web"\ncommand = ["a"]\nargs = []\ndirect = true\nbuildpack-id = "a"\nworking-dir = "/w"\n[[slices]]\npaths = ["x"]\n[[bom]]\nname = "n"\n[bom.buildpack]\nid = "a"\nversion = "1"\n',
    parse: (text) => cnb.parseLaunchMetadata(text, 'f'),
    format: (value: never) => ['0.7', '0.10', '0.15'].map((api) => cnb.formatLaunchMetadata(value, cnb.parseApiVersion(api))).join(''),
  },
  'analyzed.toml': {
    text: '[image]\nreference = "r"\n[build-image]\nreference = "b"\n[metadata]\napp = [{ sha = "s" }]\n[[metadata.buildpacks]]\nkey = "a"\nversion = "1"\n[metadata.buildpacks.layers.l]\nsha = "s"\nlaunch = true\n[metadata.buildpacks.layers.l.metadata]\na = 1\n[metadata.run-image]\ntop-layer = "t"\nreference = "r"\n[metadata.stack.run-image]\nimage = "i"\nmirrors = ["m"]\n[run-image]\nreference = "r"\nimage = "i"\nextend = true\n[run-image.target]\nos = "linux"\narch = "amd64"\narch-variant = "v"\n[run-image.target.distro]\nname = "d"\nversion = "1"\n',
    parse: (text) => cnb.parseAnalyzedToml(text, 'f'),
    format: cnb.formatAnalyzedToml,
  },
  'run.toml': { text: '[[images]]\nimage = "i"\nmirrors = ["m"]\n', parse: (text) => cnb.parseRunToml(text, 'f'), format: cnb.formatRunToml },
  'stack.toml': { text: '[run-image]\nimage = "i"\nmirrors = ["m"]\n', parse: (text) => cnb.parseStackToml(text, 'f'), format: cnb.formatStackToml },
  'report.toml': {
    text: '[image]\ntags = ["t"]\nimage-id = "i"\ndigest = "d"\nmanifest-size = 3\n',
    parse: (text) => cnb.parseReportToml(text, 'f'),
    format: cnb.formatReportToml,
  },
  'lifecycle.toml': {
    text: '[api]\nbuildpack = "0.2"\nplatform = "0.3"\n[apis.buildpack]\nsupported = ["0.7"]\ndeprecated = []\n[apis.platform]\nsupported = ["0.7"]\n[lifecycle]\nversion = "1"\n',
    parse: (text) => cnb.parseLifecycleDescriptor(text, 'f'),
    format: cnb.formatLifecycleDescriptor,
  },
  'project-metadata.toml': {
    text: '[source]\ntype = "git"\n[source.version]\ncommit = "c"\n[source.metadata]\nurl = "u"\n',
    parse: (text) => cnb.parseProjectMetadataToml(text, 'f'),
    format: cnb.formatProjectMetadataLabel,
  },
};

const JSON_CODECS: Readonly<Record<string, Codec>> = {
  'io.buildpacks.lifecycle.metadata': {
    text: `{"app":[{"sha":"s"}],"sbom":{"sha":"s"},"buildpacks":[${RECORD}],"config":{"sha":"s"},"launcher":{"sha":"s"},"process-types":{"sha":"s"},"runImage":{"topLayer":"t","reference":"r","image":"i","mirrors":["m"]},"stack":{"runImage":{"image":"i","mirrors":["m"]}}}`,
    parse: cnb.parseLifecycleMetadataLabel,
  },
  'io.buildpacks.build.metadata': {
    text: '{"bom":[{"name":"n","metadata":{},"buildpack":{"id":"a","version":"1"}}],"buildpacks":[{"id":"a","version":"1","homepage":"h"}],"launcher":{"version":"1","source":{"git":{"repository":"r","commit":"c"}}},"processes":[{"type":"web","command":["a"],"args":null,"direct":true,"buildpackID":"a","working-dir":"w"}],"buildpack-default-process-type":"web"}',
    parse: cnb.parseBuildMetadataLabel,
  },
  'io.buildpacks.project.metadata': {
    text: '{"source":{"type":"git","version":{"commit":"c"},"metadata":{"url":"u"}}}',
    parse: cnb.parseProjectMetadataLabel,
    format: cnb.formatProjectMetadataLabel,
  },
  'io.buildpacks.builder.metadata': {
    text: '{"description":"d","buildpacks":[{"id":"a","version":"1","homepage":"h","name":"n","keywords":["k"],"licenses":[{"type":"t","uri":"u"}]}],"extensions":[],"stack":{"runImage":{"image":"i","mirrors":["m"]}},"lifecycle":{"version":"1","api":{"buildpack":"0.2","platform":"0.3"},"apis":{"buildpack":{"deprecated":[],"supported":["0.7"]},"platform":{"deprecated":[],"supported":["0.7"]}}},"createdBy":{"name":"n","version":"1"},"images":[{"image":"i","mirrors":["m"]}]}',
    parse: cnb.parseBuilderMetadataLabel,
  },
  'io.buildpacks.buildpack.layers': {
    text: '{"a":{"1":{"api":"0.10","layerDiffID":"sha256:1","name":"n","homepage":"h","stacks":[{"id":"*","mixins":["m"]}],"targets":[{"os":"linux","arch":"amd64","distros":[{"name":"d","version":"1"}]}],"order":[{"group":[{"id":"b","version":"1","optional":true}]}]}}}',
    parse: cnb.parseModuleLayersLabel,
    format: cnb.formatModuleLayersLabel,
  },
  'io.buildpacks.buildpack.order': {
    text: '[{"group":[{"id":"a","version":"1","optional":true}]}]',
    parse: (text) => cnb.parseOrderLabel(text, 'label'),
    format: cnb.formatOrderLabel,
  },
  'io.buildpacks.buildpackage.metadata': {
    text: '{"id":"a","version":"1","homepage":"h","stacks":[{"id":"*"}]}',
    parse: cnb.parseBuildpackageMetadataLabel,
    format: cnb.formatBuildpackageMetadataLabel,
  },
  'io.buildpacks.lifecycle.cache.metadata': {
    text: `{"sbom":{"sha":"s"},"buildpacks":[${RECORD}]}`,
    parse: (text) => cnb.parseCacheMetadata(text, 'f'),
    format: cnb.formatCacheMetadata,
  },
};

const CODES = new Set(['TOML_INVALID', 'SPEC_FILE_INVALID', 'BUILDPACK_API_UNSUPPORTED']);

/** Reads a text, and writes what was read. Anything but a known error is a failure of the test. */
function read({ parse, format }: Codec, text: string): 'read' | 'refused' {
  let value: unknown;
  try {
    value = parse(text);
  } catch (error) {
    if (error instanceof TspackError && CODES.has(error.code)) return 'refused';
    throw new Error(`${JSON.stringify(text.slice(0, 2000))}: ${String(error)}`, { cause: error });
  }
  try {
    format?.(value as never);
  } catch (error) {
    throw new Error(`cannot write what was read of ${JSON.stringify(text.slice(0, 2000))}: ${String(error)}`, { cause: error });
  }
  return 'read';
}

/** A value of another type in the place of each value. */
function withOtherTypes(text: string): readonly string[] {
  const values = ['3', '"text"', 'true', '[]', '[1]', '["a"]', '{}', '[{}]', '1979-05-27T07:32:00Z', '-1.5'];
  const lines = text.split('\n');
  return lines.flatMap((line, index) =>
    /^[^[=]+=/.test(line)
      ? values.map((value) => [...lines.slice(0, index), `${line.slice(0, line.indexOf('=') + 1)} ${value}`, ...lines.slice(index + 1)].join('\n'))
      : [],
  );
}

const ALL = Object.entries({ ...TOML, ...JSON_CODECS });
const deep = (open: string, close: string, depth: number): string => open.repeat(depth) + close.repeat(depth);

describe('readers of files and labels', () => {
  it.each(ALL)('%s: reads the text that the others are made of', (_name, codec) => {
    expect(read(codec, codec.text)).toBe('read');
  });

  it.each(ALL)('%s: refuses or reads a thousand mutations, and nothing else happens', (name, codec) => {
    const random = seededRandom(name.length * 7919);
    const results = Array.from({ length: 1000 }, () => read(codec, mutate(codec.text, random)));
    expect(new Set(results)).toEqual(new Set(['read', 'refused']));
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  it.each(Object.entries(TOML))('%s: takes or refuses values of any other type, and refuses what is there twice', (_name, codec) => {
    const results = withOtherTypes(codec.text).map((text) => read(codec, text));
    expect(results.length).toBeGreaterThan(9);
    if (codec.text !== FINITE) expect(results).toContain('refused');
    expect(read(codec, `${codec.text}\n[twice]\n[twice]`)).toBe('refused');
    expect(read(codec, `twice = 1\ntwice = 2\n${codec.text}`)).toBe('refused');
  });

  it.each(['[metadata]\na = nan', '[metadata]\nlist = [{ a = -inf }]'])(
    'refuse numbers that JSON does not have where they would end in a label: %s',
    (text) => {
      expect(() => cnb.parseLayerToml(text, 'f')).toThrow(
        expect.objectContaining({ problems: [{ keyPath: 'metadata', problem: 'holds a number that is not finite' }] }) as Error,
      );
      expect(() => cnb.parseStoreToml(text, 'f')).toThrow('holds a number that is not finite');
    },
  );

  it.each(ALL)('%s: is not led astray by names of JavaScript', (name, codec) => {
    const names = ['__proto__', 'constructor', 'prototype', 'hasOwnProperty', 'toString'];
    for (const key of names) {
      const text =
        name in TOML
          ? `${key} = { polluted = true }\n${codec.text}`
          : codec.text.replace(/^([[{])/, (start) => (start === '{' ? `{"${key}":{"polluted":true},` : start));
      read(codec, text);
      expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    }
  });

  it.each(ALL)('%s: reads or refuses huge and deep texts in bounded time', { timeout: 60_000 }, (name, codec) => {
    const texts =
      name in TOML
        ? [
            `a = ${deep('[', ']', 100_000)}`,
            `metadata = ${deep('[', ']', 3_000)}`,
            `metadata = ${'{a='.repeat(3_000)}1${'}'.repeat(3_000)}`,
            `metadata.${'a.'.repeat(20_000)}b = 1`,
            `[${'a.'.repeat(20_000)}b]`,
            `x = "${'y'.repeat(10_000_001)}"`,
            '\0'.repeat(1000),
          ]
        : [
            deep('[', ']', 200_000),
            `{"data":${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}}`,
            `{"buildpacks":[{"store":{"metadata":${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}}}]}`,
            '\0'.repeat(1000),
            `"${'y'.repeat(1_000_000)}"`,
          ];
    for (const text of texts) {
      const started = performance.now();
      read(codec, text);
      expect(performance.now() - started).toBeLessThan(10_000);
    }
  });
});
