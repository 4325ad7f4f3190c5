import { appendFileSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BuildFixture, writing } from '../../support/build-fixture.ts';
import type { FakeProgram } from '../../support/fake-executor.ts';

let fixture: BuildFixture;
beforeEach(() => (fixture = new BuildFixture()));
afterEach(() => fixture.remove());

const CACHED = '[types]\nlaunch = true\ncache = true\n[metadata.inputs]\n"package-lock.json" = "sha256:1"\nnumber = 3\n';
const LAUNCH = '[types]\nlaunch = true\n';

/** Every file of the data folder with its content, locks and process files apart. */
function filesOfHome(): readonly string[] {
  return readdirSync(fixture.home.directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.parentPath.includes('locks'))
    .map((entry) => join(entry.parentPath, entry.name))
    .map((file) => `${file} ${readFileSync(file, 'base64')}`)
    .sort();
}

/** A bin/detect that passes with this build plan. */
function requiring(text: string, output = ''): FakeProgram {
  return ({ args, hostPath, print }) => {
    appendFileSync(hostPath(args[1]!), text);
    print(output);
    return 0;
  };
}

describe('plan()', () => {
  it('runs detection alone, and tells what each buildpack said', async () => {
    const mustNot: FakeProgram = () => {
      throw new Error('a plan must not build');
    };
    fixture.buildpack('samples/no', { detect: ({ print }) => (print('no package.json\nnearest: web/package.json\n'), 100) });
    fixture.buildpack('samples/one', {
      detect: requiring('[[provides]]\nname = "node"\n[[requires]]\nname = "node"\n[requires.metadata]\nversion = "22"\n', 'app.txt:1 says so\n'),
      build: mustNot,
    });
    fixture.buildpack('samples/never-asked', { build: mustNot });
    const node = { name: 'node', metadata: { version: '22' } };
    expect(await fixture.plan({ tags: ['example.com/team/app:2'] })).toEqual({
      image: 'example.com/team/app:1',
      tags: ['example.com/team/app:2'],
      source: fixture.source,
      platform: 'linux/amd64',
      builder: 'fake',
      runImage: { name: 'example/run:1', reference: 'example/run@sha256:0' },
      modules: [
        {
          ...{ kind: 'buildpack', id: 'samples/no', version: '1', verdict: 'fail', takesPart: false, alternatives: [] },
          evidence: 'no package.json\nnearest: web/package.json',
        },
        {
          ...{ kind: 'buildpack', id: 'samples/one', version: '1', verdict: 'pass', takesPart: true, evidence: 'app.txt:1 says so' },
          alternatives: [{ provides: ['node'], requires: [node] }],
        },
      ],
      provisions: [{ name: 'node', providers: ['samples/one'], requires: [node] }],
      layers: [],
    });
  });

  it('fails where the build would, with what the buildpacks said', async () => {
    fixture.buildpack('samples/no', { detect: ({ print }) => (print('no package.json\n'), 100) });
    await expect(fixture.plan()).rejects.toMatchObject({ code: 'DETECT_NONE', explanations: [{ buildpack: 'samples/no', output: 'no package.json' }] });
  });

  it('tells what the last build left, and leaves it as it was', async () => {
    fixture.buildpack('samples/one', {
      build: writing({ 'modules.toml': CACHED, 'modules/file': 'kept', 'runtime.toml': LAUNCH, 'runtime/file': 'runtime' }),
    });
    const { imageId } = await fixture.build();
    const before = filesOfHome();
    const { layers, previousImage } = await fixture.plan();
    expect(previousImage).toEqual({ imageId });
    expect(layers).toEqual([
      { buildpack: 'samples/one', name: 'modules', launch: true, build: false, cache: true, files: 'cache', inputs: { 'package-lock.json': 'sha256:1' } },
      { buildpack: 'samples/one', name: 'runtime', launch: true, build: false, cache: false, files: 'image', inputs: {} },
    ]);
    expect(filesOfHome()).toEqual(before);
    expect((await fixture.build()).layers.every(({ reused }) => reused)).toBe(true);
  });

  it('uses nothing again with --clear-cache, and clears nothing', async () => {
    fixture.buildpack('samples/one', { build: writing({ 'modules.toml': CACHED, 'modules/file': 'kept' }) });
    await fixture.build();
    const before = filesOfHome();
    expect((await fixture.plan({ clearCache: true })).layers).toEqual([]);
    expect(filesOfHome()).toEqual(before);
  });

  it('says which cached layer is lost to this image', async () => {
    fixture.buildpack('samples/one', { build: writing({ 'modules.toml': CACHED, 'modules/file': 'kept' }) });
    await fixture.build();
    const { layers } = await fixture.plan({ cache: { kind: 'volume', name: 'another' } });
    expect(layers).toMatchObject([{ name: 'modules', files: 'lost' }]);
  });

  it('makes no cache for an application that was never built', async () => {
    fixture.buildpack('samples/one');
    await fixture.plan();
    expect(readdirSync(fixture.home.cache)).not.toContain('layers');
  });
});
