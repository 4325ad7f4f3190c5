import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BuildFixture, writing } from '../support/build-fixture.ts';

let fixture: BuildFixture;
beforeEach(() => {
  fixture = new BuildFixture();
  fixture.buildpack('samples/one', { build: writing({ 'runtime.toml': '[types]\nlaunch = true\n', 'runtime/file': 'runtime' }) });
});
afterEach(() => fixture.remove());

const at = (name: string) => join(fixture.root, name);
const read = (name: string) => readFileSync(at(name), 'utf8');

describe('files about the result of build()', () => {
  it('say the digest that every output has, also when there is none but the local store', async () => {
    writeFileSync(at('summary.md'), 'before\n');
    const resultFiles = {
      digest: at('digest'),
      imageNameWithDigest: at('names'),
      imageId: at('iid'),
      metadata: at('metadata.json'),
      tektonResults: at('results'),
      summary: at('summary.md'),
    };
    const built = await fixture.build({ image: 'example.com/team/app:1', tags: ['example.com/team/other'], resultFiles });
    const { manifestDigest = '', imageId } = built;
    const again = await fixture.build({ image: 'example.com/team/app:1', outputs: [{ kind: 'oci', path: at('layout') }] });
    expect(manifestDigest).toBe(again.manifestDigest);
    expect(read('digest')).toBe(manifestDigest);
    expect(read('names')).toBe(`example.com/team/app@${manifestDigest}\nexample.com/team/other@${manifestDigest}\n`);
    expect(read('iid')).toBe(imageId);
    expect(JSON.parse(read('metadata.json'))).toEqual({
      'containerimage.config.digest': imageId,
      'containerimage.digest': manifestDigest,
      'image.name': 'example.com/team/app:1,example.com/team/other:latest',
    });
    const url = 'example.com/team/app:1';
    for (const name of ['IMAGE', 'APP_IMAGE']) expect([read(`results/${name}_DIGEST`), read(`results/${name}_URL`)]).toEqual([manifestDigest, url]);
    expect(read('results/IMAGES')).toBe(`example.com/team/app@${manifestDigest},example.com/team/other@${manifestDigest}`);
    expect(JSON.parse(read('results/IMAGE_ARTIFACT_OUTPUTS'))).toEqual({ uri: url, digest: manifestDigest });
    expect(read('summary.md')).toMatch(/^before\n### tspack build example\.com\/team\/app:1\n/);
    expect(read('summary.md')).toContain('| `samples/one:runtime` |');
  });

  it('compress nothing for the image ID alone', async () => {
    const { manifestDigest } = await fixture.build({ image: 'app', resultFiles: { imageId: at('iid') } });
    expect(manifestDigest).toBeUndefined();
  });

  it('are refused before the build where they cannot be written', async () => {
    mkdirSync(at('folder'));
    await expect(fixture.build({ image: 'app', resultFiles: { digest: at('folder') } })).rejects.toMatchObject({
      code: 'OUTPUT_UNUSABLE',
      message: `Cannot write to ${at('folder')}: it is a folder`,
    });
    expect(existsSync(join(fixture.root, 'home/store/index.json'))).toBe(false);
  });
});
