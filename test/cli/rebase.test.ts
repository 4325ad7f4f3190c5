import { describe, expect, it } from 'vitest';
import type { RebaseOptions, RebaseResult, RebasedImage } from '../../src/index.ts';
import { TspackError } from '../../src/index.ts';
import { digest, runFake } from '../support/fake-library.ts';

const IMAGE: RebasedImage = {
  platform: 'linux/amd64',
  imageId: digest('a'),
  baseReference: `example.com/run@${digest('b')}`,
  changed: true,
  oldBaseLayers: 1,
  newBaseLayers: 4,
  appLayers: 7,
};
const RESULT: RebaseResult = { name: 'example.com/team/app:1', images: [IMAGE], milliseconds: 1234 };

function fakeLibrary(result: RebaseResult = RESULT) {
  const asked: RebaseOptions[] = [];
  return { asked, library: { rebase: (options: RebaseOptions) => Promise.resolve((asked.push(options), result)) } };
}

describe('tspack rebase', () => {
  it('turns flags into options', async () => {
    const { asked, library } = fakeLibrary();
    const argv = [
      'rebase',
      'oci:out:1',
      '--run-image',
      'oci:run',
      '--previous-image',
      'docker:app',
      '--force',
      '--report-output-dir',
      'reports',
      '--insecure-registry',
      'r:5000',
    ];
    expect((await runFake(argv, { library })).code).toBe(0);
    await runFake(['rebase', 'r:5000/app', '--publish', '--run-image', 'r:5000/run'], { library });
    await runFake(['rebase', 'r:5000/app', '--publish', '--tekton-results'], { library });
    expect(asked).toEqual([
      {
        image: 'oci:/project/out:1',
        runImage: 'oci:/project/run',
        previousImage: 'docker:app',
        publish: false,
        force: true,
        reportDirectory: '/project/reports',
        insecureRegistries: ['r:5000'],
      },
      { image: 'r:5000/app', runImage: 'r:5000/run', publish: true, force: false, insecureRegistries: [] },
      { image: 'r:5000/app', publish: true, force: false, tektonResults: '/tekton/results', insecureRegistries: [] },
    ]);
  });

  it('writes the image with its digest, else with its ID, to stdout and the rest to stderr', async () => {
    const { stdout, stderr } = await runFake(['rebase', 'example.com/team/app:1'], fakeLibrary());
    expect(stdout).toBe(`example.com/team/app:1 ${digest('a')}\n`);
    expect(stderr).toContain(`Base:      example.com/run@${digest('b')}`);
    expect(stderr).toContain('1 layer of the base replaced by 4, 7 kept');
    const published = await runFake(
      ['rebase', 'example.com/team/app:1', '--publish', '--quiet'],
      fakeLibrary({ ...RESULT, images: [{ ...IMAGE, manifestDigest: digest('c') }] }),
    );
    expect(published).toEqual({ code: 0, stdout: `example.com/team/app@${digest('c')}\n`, stderr: '' });
    const same = await runFake(
      ['rebase', 'x'],
      fakeLibrary({ ...RESULT, name: 'oci:/project/x:1', images: [{ ...IMAGE, changed: false, manifestDigest: digest('c') }] }),
    );
    expect(same.stdout).toBe(`oci:/project/x:1@${digest('c')}\n`);
    expect(same.stderr).toContain('(as before)');
  });

  it('tells each image of an index', async () => {
    const images = ['amd64', 'arm64'].map((architecture, place) => ({ ...IMAGE, platform: `linux/${architecture}`, imageId: digest(`${place}`) }));
    const { stdout, stderr } = await runFake(['rebase', 'example.com/team/app:1'], fakeLibrary({ ...RESULT, images, indexDigest: digest('c') }));
    expect(stdout).toBe(`example.com/team/app@${digest('c')}\n`);
    expect(stderr).toMatch(/Index: +sha256:c+\nPlatform: +linux\/amd64\nImage ID: +sha256:0+\n(?:.*\n)*Platform: +linux\/arm64\nImage ID: +sha256:1+\n/);
  });

  it('refuses to publish what has no registry, and ends with 72 when the image cannot be rebased', async () => {
    expect(await runFake(['rebase', 'oci:x', '--publish'])).toMatchObject({ code: 3, stdout: '' });
    expect(await runFake(['rebase', 'x', '--tekton-results'])).toMatchObject({ code: 3, stdout: '' });
    const library = { rebase: () => Promise.reject(new TspackError({ code: 'REBASE_TARGET_MISMATCH', message: 'Cannot rebase "x"' })) };
    expect(await runFake(['rebase', 'x'], { library })).toMatchObject({ code: 72, stdout: '' });
  });
});
