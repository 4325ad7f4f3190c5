import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { imageLabelsBuildpack } from '../../../buildpacks/image-labels/src/buildpack.ts';
import { createBuildKit } from '../../../src/sdk/testing/index.ts';

const buildpackDirectory = join(import.meta.dirname, '../../../buildpacks/image-labels');
const kitFor = (env: Readonly<Record<string, string>>) => createBuildKit({ buildpack: imageLabelsBuildpack, buildpackDirectory, application: {}, env });

describe('the image labels buildpack', () => {
  it('takes words apart as a shell does, and expands nothing', async () => {
    using kit = kitFor({
      BP_IMAGE_LABELS: `b=2  "contact=Jo \\"J\\" Smith" url='https://x.example/?a=1&b=$2' a="" c=d=e back=\\ slash`,
      BP_OCI_TITLE: 'A title',
      BP_OCI_REF_NAME: 'v1',
      BP_OCI_VENDOR: '',
    });
    const { launch, stdout } = await kit.build();
    expect(launch?.labels).toEqual([
      { key: 'a', value: '' },
      { key: 'b', value: '2' },
      { key: 'back', value: ' slash' },
      { key: 'c', value: 'd=e' },
      { key: 'contact', value: 'Jo "J" Smith' },
      { key: 'org.opencontainers.image.ref.name', value: 'v1' },
      { key: 'org.opencontainers.image.title', value: 'A title' },
      { key: 'url', value: 'https://x.example/?a=1&b=$2' },
    ]);
    expect(stdout).toContain('org.opencontainers.image.title: A title');
  });

  it('lets BP_IMAGE_LABELS win', async () => {
    using kit = kitFor({ BP_IMAGE_LABELS: 'org.opencontainers.image.title=mine', BP_OCI_TITLE: 'other' });
    expect((await kit.build()).launch?.labels).toEqual([{ key: 'org.opencontainers.image.title', value: 'mine' }]);
  });

  it.each([
    [{ BP_IMAGE_LABELS: 'team' }, 'Cannot use BP_IMAGE_LABELS: "team" is not key=value [IMAGE_LABEL_INVALID]'],
    [{ BP_IMAGE_LABELS: '=x' }, '"=x" is not key=value'],
    [{ BP_IMAGE_LABELS: 'a="b' }, 'a quote is not closed'],
    [{ BP_IMAGE_LABELS: 'io.buildpacks.base.id=x' }, '"io.buildpacks.base.id" belongs to the lifecycle'],
    [{ BP_OCI_TITEL: 'x' }, 'Cannot use BP_OCI_TITEL: there is no such label'],
  ])('refuses %j', async (env, message) => {
    using kit = kitFor(env);
    expect(await kit.build()).toMatchObject({ exitCode: 1, stderr: expect.stringContaining(message) as string });
  });

  it('detects by the names of variables', () => {
    const detect = (env: Record<string, string>) => spawnSync(join(buildpackDirectory, 'bin/detect'), { env: { PATH: process.env['PATH'], ...env } }).status;
    expect(detect({ BP_OTHER: 'BP_OCI_TITLE=x' })).toBe(100);
    expect(detect({ BP_OCI_TITLE: 'x' })).toBe(0);
    expect(detect({ BP_IMAGE_LABELS: '' })).toBe(0);
  });
});
