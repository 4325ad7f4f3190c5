import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  formatBuildMetadataLabel,
  formatLaunchMetadata,
  formatLegacySbom,
  formatLifecycleMetadataLabel,
  formatProjectMetadataLabel,
  parseApiVersion,
  parseBuildMetadataLabel,
  parseLaunchMetadata,
  parseLayerToml,
  parseLifecycleMetadataLabel,
  parseProjectMetadataLabel,
  parseProjectMetadataToml,
} from '../../src/cnb/index.ts';

const golden = (path: string): string => readFileSync(new URL(`../golden/cnb/${path}`, import.meta.url), 'utf8');
const CASES = [
  ['platform-0.8', '0.8'],
  ['platform-0.9', '0.9'],
  ['platform-0.14', '0.14'],
  ['no-processes', '0.14'],
] as const;
const LAUNCHER = { version: '0.21.0', source: { git: { repository: '', commit: '' } } };

describe('bytes of the reference lifecycle', () => {
  it.each(CASES)('formatLaunchMetadata() writes metadata.toml of %s', (folder, api) => {
    const text = golden(`${folder}/metadata.toml`);
    expect(formatLaunchMetadata(parseLaunchMetadata(text, 'metadata.toml'), parseApiVersion(api))).toBe(text);
  });

  it.each(CASES)('formatBuildMetadataLabel() writes the label of %s from metadata.toml', (folder, api) => {
    const metadata = parseLaunchMetadata(golden(`${folder}/metadata.toml`), 'metadata.toml');
    const text = golden(`${folder}/build.metadata.json`);
    expect(formatBuildMetadataLabel(metadata, LAUNCHER, parseApiVersion(api))).toBe(text);
    expect(parseBuildMetadataLabel(text).processes.map(({ type }) => type)).toEqual(metadata.processes.map(({ type }) => type));
  });

  it.each(CASES)('formatLifecycleMetadataLabel() writes the label of %s that it has read', (folder) => {
    const text = golden(`${folder}/lifecycle.metadata.json`);
    expect(formatLifecycleMetadataLabel(parseLifecycleMetadataLabel(text))).toBe(text);
  });

  it('formatLifecycleMetadataLabel() writes the metadata of <layer>.toml', () => {
    const text = golden('platform-0.14/lifecycle.metadata.json');
    const label = parseLifecycleMetadataLabel(text);
    const { metadata: data, types } = parseLayerToml(golden('platform-0.14/launchy.toml'), 'launchy.toml');
    expect(types).toEqual({ launch: true, build: true, cache: true });
    const [first, ...rest] = label.buildpacks;
    const layers = { launchy: { ...first!.layers['launchy']!, data: data! } };
    expect(formatLifecycleMetadataLabel({ ...label, buildpacks: [{ ...first!, layers }, ...rest] })).toBe(text);
  });

  it('formatProjectMetadataLabel() writes the label', () => {
    const text = golden('platform-0.14/project.metadata.json');
    const toml = '[source]\ntype = "project"\n[source.version]\ndeclared = "1.2.3"\n[source.metadata]\nurl = "https://e.org/?a&b"\n';
    expect(formatProjectMetadataLabel(parseProjectMetadataToml(toml, 'project-metadata.toml'))).toBe(text);
    expect(formatProjectMetadataLabel(parseProjectMetadataLabel(text))).toBe(text);
    expect(formatProjectMetadataLabel({})).toBe(golden('no-processes/project.metadata.json'));
  });

  it('formatLegacySbom() writes sbom.legacy.json', () => {
    const entries = [{ name: 'old', metadata: { v: 1 }, buildpack: { id: 'a/one', version: '1.0.0' } }];
    expect(formatLegacySbom(entries)).toBe(golden('platform-0.14/launch.sbom.legacy.json'));
    expect(formatLegacySbom([])).toBe(golden('platform-0.14/build.sbom.legacy.json'));
  });
});
