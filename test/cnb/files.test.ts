import { describe, expect, it } from 'vitest';
import {
  EMPTY_LIFECYCLE_METADATA,
  LABELS,
  buildpackPlanOf,
  formatAnalyzedToml,
  formatBuildPlan,
  formatBuildToml,
  formatBuilderMetadataLabel,
  formatBuildpackPlan,
  formatBuildpackageMetadataLabel,
  formatCacheMetadata,
  formatGroupToml,
  formatLaunchToml,
  formatLayerToml,
  formatLifecycleDescriptor,
  formatModuleLayersLabel,
  formatOrderLabel,
  formatOrderToml,
  formatPlanToml,
  formatProjectMetadataToml,
  formatReportToml,
  formatRestoredLayerToml,
  formatRunToml,
  formatStackToml,
  formatStoreToml,
  parseAnalyzedToml,
  parseApiVersion,
  parseBuildPlan,
  parseBuildToml,
  parseBuilderMetadataLabel,
  parseBuildpackPlan,
  parseBuildpackageMetadataLabel,
  parseCacheMetadata,
  parseGroupToml,
  parseLaunchToml,
  parseLayerToml,
  parseLifecycleDescriptor,
  parseLifecycleMetadataLabel,
  parseModuleLayersLabel,
  parseOrderLabel,
  parseOrderToml,
  parsePlanToml,
  parseProjectMetadataToml,
  parseReportToml,
  parseRunToml,
  parseSbomFileName,
  parseStackToml,
  parseStoreToml,
  withoutExtensionEntries,
} from '../../src/cnb/index.ts';
import type { BuildpackId } from '../../src/cnb/index.ts';

const ID = 'samples/a' as BuildpackId;
const METADATA = { version: '1', list: [1, 2], nested: { ok: true } };
/** Free tables have no prototype; comparing them as JSON ignores that. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

const LABEL = {
  ...EMPTY_LIFECYCLE_METADATA,
  app: [{ sha: 'sha256:1' }],
  sbom: { sha: 'sha256:2' },
  buildpacks: [
    {
      key: 'samples/a',
      version: '1',
      layers: { jre: { sha: 'sha256:3', data: METADATA, build: false, launch: true, cache: true } },
      store: { metadata: METADATA },
    },
    { key: 'b', version: '1', layers: {} },
  ],
  runImage: { topLayer: 'sha256:4', reference: 'r@sha256:5', image: 'r', mirrors: ['m'] },
  stack: { runImage: { image: 'r', mirrors: ['m'] } },
};
const TYPES = { launch: true, build: false, cache: true };
const ORDER = [{ group: [{ id: ID, version: '1', optional: true }] }];

describe('codecs', () => {
  it.each<readonly [string, unknown, () => string, (text: string) => unknown]>([
    [
      'order.toml',
      { order: ORDER, orderExtensions: ORDER },
      () => formatOrderToml({ order: ORDER, orderExtensions: ORDER }),
      (text) => parseOrderToml(text, 'f'),
    ],
    [
      'group.toml',
      { group: [{ id: ID, version: '1', api: '0.12', homepage: 'h' }], groupExtensions: [{ id: ID, version: '2', api: '0.10' }] },
      () => formatGroupToml({ group: [{ id: ID, version: '1', api: '0.12', homepage: 'h' }], groupExtensions: [{ id: ID, version: '2', api: '0.10' }] }),
      (text) => parseGroupToml(text, 'f'),
    ],
    [
      'plan.toml',
      { entries: [{ providers: [{ id: ID, version: '1', extension: true }], requires: [{ name: 'n', metadata: METADATA }, { name: 'm' }] }] },
      () =>
        formatPlanToml({ entries: [{ providers: [{ id: ID, version: '1', extension: true }], requires: [{ name: 'n', metadata: METADATA }, { name: 'm' }] }] }),
      (text) => parsePlanToml(text, 'f'),
    ],
    [
      'a build plan',
      {
        alternatives: [
          { provides: ['a'], requires: [{ name: 'a', metadata: METADATA }] },
          { provides: [], requires: [] },
          { provides: ['b'], requires: [] },
        ],
      },
      () =>
        formatBuildPlan({
          alternatives: [
            { provides: ['a'], requires: [{ name: 'a', metadata: METADATA }] },
            { provides: [], requires: [] },
            { provides: ['b'], requires: [] },
          ],
        }),
      (text) => parseBuildPlan(text, 'f'),
    ],
    [
      'a buildpack plan',
      { entries: [{ name: 'a', metadata: METADATA }] },
      () => formatBuildpackPlan({ entries: [{ name: 'a', metadata: METADATA }] }),
      (text) => parseBuildpackPlan(text, 'f'),
    ],
    ['<layer>.toml', { types: TYPES, metadata: METADATA }, () => formatLayerToml({ types: TYPES, metadata: METADATA }), (text) => parseLayerToml(text, 'f')],
    [
      'a restored <layer>.toml',
      { types: { launch: false, build: false, cache: false }, metadata: METADATA },
      () => formatRestoredLayerToml(METADATA),
      (text) => parseLayerToml(text, 'f'),
    ],
    [
      'launch.toml',
      {
        labels: [{ key: 'k', value: '' }],
        processes: [{ type: 'web', command: ['a', 'b'], args: [], direct: true, default: true, workingDirectory: '/x', execEnv: ['test'] }],
        slices: [{ paths: ['*'] }],
        bom: [],
        warnings: [],
      },
      () =>
        formatLaunchToml({
          labels: [{ key: 'k', value: '' }],
          processes: [{ type: 'web', command: ['a', 'b'], args: [], direct: true, default: true, workingDirectory: '/x', execEnv: ['test'] }],
          slices: [{ paths: ['*'] }],
        }),
      (text) => parseLaunchToml(text, 'f', parseApiVersion('0.12')),
    ],
    ['build.toml', { unmet: ['a'], bom: [] }, () => formatBuildToml({ unmet: ['a'] }), (text) => parseBuildToml(text, 'f')],
    ['store.toml', { metadata: METADATA }, () => formatStoreToml({ metadata: METADATA }), (text) => parseStoreToml(text, 'f')],
    [
      'run.toml',
      {
        images: [
          { image: 'a', mirrors: ['b'] },
          { image: 'c', mirrors: [] },
        ],
      },
      () =>
        formatRunToml({
          images: [
            { image: 'a', mirrors: ['b'] },
            { image: 'c', mirrors: [] },
          ],
        }),
      (text) => parseRunToml(text, 'f'),
    ],
    [
      'stack.toml',
      { runImage: { image: 'a', mirrors: ['b'] } },
      () => formatStackToml({ runImage: { image: 'a', mirrors: ['b'] } }),
      (text) => parseStackToml(text, 'f'),
    ],
    [
      'analyzed.toml',
      {
        image: { reference: 'i' },
        buildImage: { reference: 'b' },
        metadata: LABEL,
        runImage: {
          reference: 'r',
          image: 'n',
          extend: true,
          target: { id: 't', os: 'linux', arch: 'arm64', archVariant: 'v8', distro: { name: 'd', version: '1' } },
        },
      },
      () =>
        formatAnalyzedToml({
          image: { reference: 'i' },
          buildImage: { reference: 'b' },
          metadata: LABEL,
          runImage: {
            reference: 'r',
            image: 'n',
            extend: true,
            target: { id: 't', os: 'linux', arch: 'arm64', archVariant: 'v8', distro: { name: 'd', version: '1' } },
          },
        }),
      (text) => parseAnalyzedToml(text, 'f'),
    ],
    [
      'analyzed.toml without a previous image',
      { metadata: EMPTY_LIFECYCLE_METADATA },
      () => formatAnalyzedToml({ metadata: EMPTY_LIFECYCLE_METADATA }),
      (text) => parseAnalyzedToml(text, 'f'),
    ],
    [
      'report.toml',
      { image: { tags: ['a'], digest: 'd', manifestSize: 3 } },
      () => formatReportToml({ image: { tags: ['a'], digest: 'd', manifestSize: 3 } }),
      (text) => parseReportToml(text, 'f'),
    ],
    [
      'project-metadata.toml',
      { source: { type: 'git', version: METADATA } },
      () => formatProjectMetadataToml({ source: { type: 'git', version: METADATA } }),
      (text) => parseProjectMetadataToml(text, 'f'),
    ],
    [
      'lifecycle.toml',
      {
        version: '1',
        apis: { buildpack: { supported: ['0.7'], deprecated: [] }, platform: { supported: ['0.7', '0.8'], deprecated: [] } },
        api: { buildpack: '0.7', platform: '0.7' },
      },
      () =>
        formatLifecycleDescriptor({
          version: '1',
          apis: { buildpack: { supported: ['0.7'], deprecated: [] }, platform: { supported: ['0.7', '0.8'], deprecated: [] } },
          api: { buildpack: '0.7', platform: '0.7' },
        }),
      (text) => parseLifecycleDescriptor(text, 'f'),
    ],
    [
      'cache metadata',
      { sbom: { sha: 's' }, buildpacks: LABEL.buildpacks },
      () => formatCacheMetadata({ sbom: { sha: 's' }, buildpacks: LABEL.buildpacks }),
      (text) => parseCacheMetadata(text, 'f'),
    ],
    [
      'the builder metadata label',
      {
        description: 'd',
        buildpacks: [{ id: 'a', version: '1', name: 'n' }],
        extensions: [],
        stack: { runImage: { image: 'r', mirrors: [] } },
        lifecycle: { version: '1', apis: { buildpack: { deprecated: [], supported: ['0.12'] }, platform: { deprecated: [], supported: ['0.15'] } } },
        createdBy: { name: 'c', version: '2' },
        images: [{ image: 'r', mirrors: [] }],
      },
      () =>
        formatBuilderMetadataLabel({
          description: 'd',
          buildpacks: [{ id: 'a', version: '1', name: 'n' }],
          extensions: [],
          stack: { runImage: { image: 'r', mirrors: [] } },
          lifecycle: { version: '1', apis: { buildpack: { deprecated: [], supported: ['0.12'] }, platform: { deprecated: [], supported: ['0.15'] } } },
          createdBy: { name: 'c', version: '2' },
          images: [{ image: 'r', mirrors: [] }],
        }),
      parseBuilderMetadataLabel,
    ],
    [
      'the buildpack layers label',
      { a: { '1': { api: '0.12', layerDiffID: 'sha256:1', targets: [{ os: 'linux', distros: [] }], order: ORDER, stacks: [{ id: '*', mixins: [] }] } } },
      () =>
        formatModuleLayersLabel({
          a: { '1': { api: '0.12', layerDiffID: 'sha256:1', targets: [{ os: 'linux', distros: [] }], order: ORDER, stacks: [{ id: '*', mixins: [] }] } },
        }),
      parseModuleLayersLabel,
    ],
    ['the order label', ORDER, () => formatOrderLabel(ORDER), (text) => parseOrderLabel(text, LABELS.buildpackOrder)],
    [
      'the buildpackage label',
      { id: 'a', version: '1', stacks: [{ id: '*', mixins: [] }] },
      () => formatBuildpackageMetadataLabel({ id: 'a', version: '1', stacks: [{ id: '*', mixins: [] }] }),
      parseBuildpackageMetadataLabel,
    ],
  ])('read what they write: %s', (_title, value, format, parse) => {
    expect(plain(parse(format()))).toEqual(plain(value));
  });
});

describe('parseBuildPlan()', () => {
  it('takes an empty file as an empty plan', () => {
    expect(parseBuildPlan('', 'f')).toEqual({ alternatives: [{ provides: [], requires: [] }] });
  });

  it('reads alternatives in any TOML layout', () => {
    expect(
      plain(parseBuildPlan('provides = [{ name = "a" }]\n[[or]]\nprovides = [{ name = "b" }]\n[[or.requires]]\nname = "b"\nmetadata = { v = 1 }\n', 'f')),
    ).toEqual({
      alternatives: [
        { provides: ['a'], requires: [] },
        { provides: ['b'], requires: [{ name: 'b', metadata: { v: 1 } }] },
      ],
    });
  });
});

describe('plans', () => {
  const provider = (id: string, extension = false) => ({ id: id as BuildpackId, version: '1', extension });
  const plan = {
    entries: [
      { providers: [provider('a'), provider('b')], requires: [{ name: 'x' }] },
      { providers: [provider('a', true)], requires: [{ name: 'y' }] },
    ],
  };

  it('buildpackPlanOf() tells a buildpack from an extension of the same id', () => {
    expect(buildpackPlanOf(plan, 'a')).toEqual({ entries: [{ name: 'x' }] });
    expect(buildpackPlanOf(plan, 'a', true)).toEqual({ entries: [{ name: 'y' }] });
  });

  it('withoutExtensionEntries() leaves what buildpacks provide', () => {
    expect(withoutExtensionEntries(plan).entries).toHaveLength(1);
  });
});

describe('parseLifecycleMetadataLabel()', () => {
  it.each(['', '[]', '{"buildpacks": 3}', 'null', '{"runImage": {"topLayer": 1}}'])('refuses %s', (text) => {
    expect(() => parseLifecycleMetadataLabel(text)).toThrow(expect.objectContaining({ code: 'SPEC_FILE_INVALID' }));
  });

  it('takes the label of a very old image', () => {
    expect(parseLifecycleMetadataLabel('{"app":{"sha":"x"},"config":{"sha":"c"},"unknown":1}')).toEqual({ ...EMPTY_LIFECYCLE_METADATA, config: { sha: 'c' } });
  });
});

describe('parseSbomFileName()', () => {
  it.each([
    ['launch.sbom.cdx.json', 'launch', 'cdx.json'],
    ['my.layer.sbom.spdx.json', 'my.layer', 'spdx.json'],
    ['jre.sbom.syft.json', 'jre', 'syft.json'],
    ['jre.sbom.other.json', 'jre', undefined],
  ])('%s', (name, subject, extension) => {
    const parsed = parseSbomFileName(name);
    expect([parsed?.subject, parsed?.format?.extension]).toEqual([subject, extension]);
  });

  it.each(['sbom.cdx.json', 'jre.toml', 'jre.sbom.cdx.xml', '.sbom.cdx.json'])('is none: %s', (name) => {
    expect(parseSbomFileName(name)).toBeUndefined();
  });
});
