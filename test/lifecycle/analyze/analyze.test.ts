import { describe, expect, it } from 'vitest';
import { EMPTY_LIFECYCLE_METADATA, LABELS, formatLifecycleMetadataLabel } from '../../../src/cnb/index.ts';
import { TspackError } from '../../../src/foundation/index.ts';
import { analyze } from '../../../src/lifecycle/analyze/analyze.ts';
import { imageTarget } from '../../../src/lifecycle/analyze/image-target.ts';
import { parseImageReference } from '../../../src/oci/index.ts';
import type { Image, ImageStore } from '../../../src/oci/index.ts';
import { syntheticImage } from '../../support/synthetic-image.ts';

const reference = parseImageReference('app');
const METADATA = {
  ...EMPTY_LIFECYCLE_METADATA,
  buildpacks: [{ key: 'samples/one', version: '1', layers: { a: { sha: 'sha256:a', build: false, launch: true, cache: false } } }],
};
const withLabel = (label: string) => syntheticImage('app', { config: { config: { Labels: { [LABELS.lifecycleMetadata]: label } } } });

async function run(previous: Image | Error | undefined, runImage?: Image) {
  const asked: unknown[] = [];
  const warnings: string[] = [];
  const images: ImageStore = {
    read: (...args) => {
      asked.push(args);
      return previous instanceof Error ? Promise.reject(previous) : Promise.resolve(previous);
    },
    write: () => Promise.reject(new Error('analyze writes nothing')),
  };
  const inputs = { previousImage: reference, runImage: runImage ?? (await syntheticImage('run', { config: { architecture: 'arm64', variant: 'v8' } })) };
  const analysis = await analyze(inputs, { images, events: (event) => (event.kind === 'message' ? warnings.push(event.message) : undefined) });
  return { analysis, asked, warnings };
}

describe('analyze()', () => {
  it('reads the label of the previous image, of the platform of the run image', async () => {
    const previous = await withLabel(formatLifecycleMetadataLabel(METADATA));
    const { analysis, asked, warnings } = await run(previous);
    expect(analysis.previousImage).toBe(previous);
    expect(analysis.metadata.buildpacks).toMatchObject(METADATA.buildpacks);
    expect(asked).toEqual([[reference, { os: 'linux', architecture: 'arm64', variant: 'v8' }]]);
    expect(warnings).toEqual([]);
  });

  it('is content without a previous image, and with one that no buildpack made', async () => {
    for (const previous of [undefined, await syntheticImage('plain')]) {
      const { analysis, warnings } = await run(previous);
      expect(analysis).toMatchObject({ metadata: EMPTY_LIFECYCLE_METADATA });
      expect(analysis.previousImage).toBeUndefined();
      expect(warnings).toEqual([]);
    }
  });

  it.each(['', '{', '[]', '{"buildpacks":7}'])('does as if there were none when its label is %j', async (label) => {
    const { analysis, warnings } = await run(await withLabel(label));
    expect(analysis).toMatchObject({ metadata: EMPTY_LIFECYCLE_METADATA });
    expect(analysis.previousImage).toBeUndefined();
    expect(warnings).toEqual([expect.stringContaining('Ignoring the previous image')]);
  });

  it('ignores one that its registry has lost parts of, and nothing else that goes wrong', async () => {
    const lost = await run(new TspackError({ code: 'BLOB_NOT_FOUND', message: 'Cannot find blob x' }));
    expect(lost.analysis.previousImage).toBeUndefined();
    expect(lost.warnings).toEqual(['Ignoring the previous image: Cannot find blob x']);
    await expect(run(new TspackError({ code: 'REGISTRY_DENIED', message: 'no' }))).rejects.toThrow('no');
  });

  it('ignores one whose config and layers do not agree', async () => {
    const whole = await withLabel(formatLifecycleMetadataLabel(METADATA));
    const { analysis, warnings } = await run({ ...whole, layers: whole.layers.slice(1) });
    expect(analysis.previousImage).toBeUndefined();
    expect(warnings).toHaveLength(1);
  });
});

describe('imageTarget()', () => {
  const target = async (Labels: Readonly<Record<string, string>>, more = {}) =>
    imageTarget(await syntheticImage('run', { config: { config: { Labels }, ...more } }));

  it('is the platform of the config and what the base labels say', async () => {
    expect(await target({})).toEqual({ os: 'linux', arch: 'amd64' });
    const labels = { 'io.buildpacks.base.distro.name': 'debian', 'io.buildpacks.base.distro.version': '13', 'io.buildpacks.base.id': 'base' };
    expect(await target(labels, { architecture: 'arm', variant: 'v7' })).toEqual({
      os: 'linux',
      arch: 'arm',
      archVariant: 'v7',
      id: 'base',
      distro: { name: 'debian', version: '13' },
    });
  });

  it('knows the old stack that stands for a distribution', async () => {
    expect(await target({ 'io.buildpacks.stack.id': 'io.buildpacks.stacks.bionic' })).toEqual({
      os: 'linux',
      arch: 'amd64',
      distro: { name: 'ubuntu', version: '18.04' },
    });
  });
});
