import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LABELS, parseLifecycleMetadataLabel } from '../../src/cnb/index.ts';
import { parseImageReference, validateImage } from '../../src/oci/index.ts';
import type { DetectError } from '../../src/platform/index.ts';
import { BuildFixture, writing } from '../support/build-fixture.ts';

let fixture: BuildFixture;
beforeEach(() => (fixture = new BuildFixture()));
afterEach(() => fixture.remove());

const LAUNCH = '[types]\nlaunch = true\n';
const CACHED = '[types]\nlaunch = true\nbuild = true\ncache = true\n[metadata]\nversion = 1\n';
const WEB = '[[processes]]\ntype = "web"\ncommand = ["serve"]\ndefault = true\n';

const saved = async (name = 'example.com/team/app:1') => (await fixture.store.read(parseImageReference(name), { os: 'linux', architecture: 'amd64' }))!;
const labelOf = async () => parseLifecycleMetadataLabel((await saved()).config.config!.Labels![LABELS.lifecycleMetadata]!);
const workFolders = () => (existsSync(fixture.home.work) ? readdirSync(fixture.home.work) : []);

describe('build()', () => {
  it('goes through the phases and leaves an image in the local store', async () => {
    fixture.buildpack('samples/one', { build: writing({ 'launch.toml': WEB, 'runtime.toml': LAUNCH, 'runtime/file': 'runtime' }) });
    const result = await fixture.build();
    expect(fixture.told()).toEqual([
      'ANALYZING',
      'Image "example.com/team/app:1" not found',
      'DETECTING',
      'RESTORING',
      'BUILDING',
      'EXPORTING',
      'adding samples/one:runtime',
      'adding launch.sbom',
      'adding app',
      'adding launcher',
      'adding config',
      'adding process-types',
      "Setting default process type 'web'",
    ]);
    expect(fixture.events).toContainEqual({ kind: 'group', buildpacks: [{ id: 'samples/one', version: '1' }], considered: 1 });
    expect(fixture.events).toContainEqual({ kind: 'delivered', place: 'local store', name: 'example.com/team/app:1', digest: result.imageId });
    const image = await saved();
    expect(image.imageId).toBe(result.imageId);
    expect(result.defaultProcess).toBe('web');
    // Platforms hide the run image of what lifecycles before 0.5.0 made (CNB.md C159).
    expect(image.config.config!.Labels![LABELS.buildMetadata]).toMatch(/"launcher":{"version":"0\.\d\d\.\d+-tspack\./);
    expect(result.sizeBytes).toBe(image.layers.reduce((sum, { tarSizeBytes }) => sum + tarSizeBytes!, 0));
    expect(image.config.config).toMatchObject({ Entrypoint: ['/cnb/process/web'], WorkingDir: '/workspace', User: '1001:1000' });
    expect(await validateImage(image)).toEqual([]);
    expect(workFolders()).toEqual([]);
  });

  it('keeps what buildpacks have downloaded for later builds, also when the build fails, and writes it down', async () => {
    const content = 'a runtime';
    const name = `sha256-${createHash('sha256').update(content).digest('hex')}`;
    const url = 'https://packages.example/runtime.tgz';
    const fact = { url, digest: name.replace('-', ':'), sizeBytes: content.length, from: 'network', buildpack: 'samples/one/1' };
    let code = 1;
    fixture.buildpack('samples/one', {
      build: ({ env, hostPath }) => {
        const at = (path: string) => hostPath(`${env['TSPACK_DOWNLOADS']}/${path}`);
        if (existsSync(at(`store/${name}`))) return code;
        writeFileSync(at(`inbox/${name}`), content);
        writeFileSync(at('inbox/other'), 'x');
        writeFileSync(at('inbox/record.jsonl'), `${JSON.stringify(fact)}\n`);
        return code;
      },
    });
    await expect(fixture.build()).rejects.toMatchObject({ code: 'BUILDPACK_FAILED' });
    expect(readFileSync(join(fixture.home.cache, 'verified', name), 'utf8')).toBe(content);
    expect(fixture.told()).toContain('A buildpack handed in "other" as a download; it is not kept, because its content is not what its name says');
    code = 0;
    await fixture.build();
    expect(fixture.told()).not.toContainEqual(expect.stringContaining('handed in'));
    rmSync(join(fixture.home.cache, 'verified', name));
    const { record } = await fixture.build();
    const { url: _, ...rest } = fact;
    expect(record.facts).toContainEqual({ kind: 'consumed', what: 'download', name: url, ...rest });
    expect(workFolders()).toEqual([]);
  });

  it('writes down what it consumed, decided and made', async () => {
    fixture.buildpack('samples/no', { detect: ({ print }) => (print('no package.json\n'), 100) });
    fixture.buildpack('samples/one');
    const { record, imageId } = await fixture.build();
    expect(record.facts).toEqual(
      expect.arrayContaining([
        { kind: 'consumed', what: 'builder', name: 'fake' },
        { kind: 'consumed', what: 'debian-package', name: 'libc6', version: '2' },
        { kind: 'consumed', what: 'source', name: fixture.source, sizeBytes: 11 },
        { kind: 'verdict', buildpack: 'samples/no', version: '1', verdict: 'fail', evidence: 'no package.json' },
        { kind: 'verdict', buildpack: 'samples/one', version: '1', verdict: 'pass', evidence: '' },
        { kind: 'consumed', what: 'buildpack', name: 'samples/one', version: '1' },
        expect.objectContaining({ kind: 'layer', name: 'app', decision: 'added' }),
        { kind: 'delivered', place: 'local store', name: 'example.com/team/app:1', digest: imageId },
        expect.objectContaining({ kind: 'time', phase: 'detecting' }),
      ]),
    );
  });

  it('makes the same image again, from what the cache kept', async () => {
    const seen: string[] = [];
    fixture.buildpack('samples/one', {
      build: (process) => {
        const layers = process.hostPath(process.args[0]!);
        const kept = join(layers, 'modules/file');
        seen.push(existsSync(kept) ? `${readFileSync(kept, 'utf8')} ${readFileSync(join(layers, 'modules.toml'), 'utf8').trim()}` : 'nothing');
        return writing({ 'modules.toml': CACHED, 'modules/file': 'kept' })(process);
      },
    });
    const first = await fixture.build();
    expect(fixture.told()).toContain('caching samples/one:modules');
    const second = await fixture.build({ image: 'example.com/team/app:2' });
    const third = await fixture.build();
    expect(fixture.told()).toEqual(
      expect.arrayContaining(['restoring samples/one:modules', 'reusing samples/one:modules', 'reusing app', 'reusing launcher', 'reusing config']),
    );
    // Another tag of the application has the same cache.
    expect(seen).toEqual(['nothing', 'kept [metadata]\n  version = 1', 'kept [metadata]\n  version = 1']);
    expect(new Set([first, second, third].map(({ imageId }) => imageId)).size).toBe(1);
    expect(third.layers.every(({ reused }) => reused)).toBe(true);
  });

  it('keeps the cache of another repository apart, and forgets it when asked', async () => {
    let found = false;
    fixture.buildpack('samples/one', {
      build: (process) => {
        found = existsSync(join(process.hostPath(process.args[0]!), 'modules/file'));
        return writing({ 'modules.toml': CACHED, 'modules/file': 'kept' })(process);
      },
    });
    await fixture.build();
    await fixture.build({ image: 'example.com/team/other' });
    expect(found).toBe(false);
    await fixture.build();
    expect(found).toBe(true);
    await fixture.build({ clearCache: true });
    expect(found).toBe(false);
  });

  it('leaves image and cache of the last good build when a buildpack fails', async () => {
    let exit = 0;
    fixture.buildpack('samples/one', {
      build: (process) => (writing({ 'modules.toml': CACHED, 'modules/file': exit === 0 ? 'good' : 'half' })(process), exit),
    });
    const { imageId } = await fixture.build();
    exit = 7;
    await expect(fixture.build()).rejects.toMatchObject({ code: 'BUILDPACK_FAILED' });
    expect(workFolders()).toEqual([]);
    expect((await saved()).imageId).toBe(imageId);
    exit = 0;
    expect((await fixture.build()).imageId).toBe(imageId);
    expect(fixture.told()).toContain('restoring samples/one:modules');
  });

  it('says what each buildpack looked for when none fits, and proposes --path', async () => {
    fixture.buildpack('samples/one', { detect: ({ print }) => (print('no package.json\n'), 100) });
    mkdirSync(join(fixture.source, 'shop'));
    writeFileSync(join(fixture.source, 'shop/package.json'), '{}');
    const error = (await fixture.build({ image: 'shop' }).catch((thrown: unknown) => thrown)) as DetectError;
    expect(error).toMatchObject({ code: 'DETECT_NONE', nextStep: '"shop" is also a folder here: to build what it holds, add --path shop' });
    expect(error.explanations).toEqual([{ buildpack: 'samples/one', version: '1', verdict: 'fail', output: 'no package.json' }]);
    await expect(fixture.build({ image: 'other' })).rejects.toMatchObject({ nextStep: expect.stringContaining('--path') as string });
    fixture.buildpack('samples/one', { detect: () => 1 });
    await expect(fixture.build()).rejects.toMatchObject({ code: 'DETECT_ERRORED' });
    expect(workFolders()).toEqual([]);
  });

  it('gives buildpacks the variables of user and host, and no other', async () => {
    let seen: Readonly<Record<string, string>> = {};
    fixture.buildpack('samples/one', { build: ({ env }) => ((seen = env), 0) });
    await fixture.build({ env: { registry: 'of the user', EMPTY: '' } });
    expect(seen).toMatchObject({ registry: 'of the user', EMPTY: '', HTTPS_PROXY: 'http://proxy.example', HOME: '/home/cnb', CNB_EXEC_ENV: 'production' });
    expect(Object.keys(seen)).not.toContain('SHELL');
    await expect(fixture.build({ env: { 'a/b': '' } })).rejects.toMatchObject({ code: 'ENV_NAME_INVALID' });
  });

  it('tells the distribution of the build image when the run image names none', async () => {
    let seen: Readonly<Record<string, string>> = {};
    fixture.buildpack('samples/one', { detect: ({ env }) => ((seen = env), 0) });
    fixture.write('build-image/etc/os-release', 'ID=debian\nVERSION_ID="13"\n');
    await fixture.build();
    expect(seen).toMatchObject({ CNB_TARGET_OS: 'linux', CNB_TARGET_ARCH: 'amd64', CNB_TARGET_DISTRO_NAME: 'debian', CNB_TARGET_DISTRO_VERSION: '13' });
    fixture.runImageConfig = { config: { Labels: { 'io.buildpacks.base.distro.name': 'ubuntu', 'io.buildpacks.base.distro.version': '24.04' } } };
    await fixture.build();
    expect(seen).toMatchObject({ CNB_TARGET_DISTRO_NAME: 'ubuntu', CNB_TARGET_DISTRO_VERSION: '24.04' });
  });

  it.each([
    [undefined, '1980-01-01T00:00:01Z', 0],
    ['1700000000', '2023-11-14T22:13:20Z', 0],
    ['yesterday', '1980-01-01T00:00:01Z', 1],
    ['99999999999999', '1980-01-01T00:00:01Z', 1],
  ])('takes its time from SOURCE_DATE_EPOCH=%s', async (sourceDateEpoch, created, warnings) => {
    fixture.buildpack('samples/one');
    await fixture.build({}, { sourceDateEpoch });
    const { config } = await saved();
    expect(config.created).toBe(created);
    expect(new Set(config.history!.map((entry) => entry.created))).toEqual(new Set([created]));
    expect(fixture.events.filter((event) => event.kind === 'message' && event.level === 'warning')).toHaveLength(warnings);
  });

  it('names the run image in the label', async () => {
    fixture.buildpack('samples/one');
    await fixture.build();
    const { runImage, stack } = await labelOf();
    expect(runImage).toMatchObject({ reference: 'example/run@sha256:0', image: 'example/run:1' });
    expect(stack).toEqual({ runImage: { image: 'example/run:1' } });
  });

  it('stops when it is told to, and cleans up', async () => {
    const controller = new AbortController();
    fixture.buildpack('samples/one', { build: () => (controller.abort(new Error('stopped')), 0) });
    await expect(fixture.build({}, {}, controller.signal)).rejects.toThrow('stopped');
    expect(workFolders()).toEqual([]);
    expect(fixture.store.list()).toEqual([]);
  });

  it.each([
    ['an image name with a digest', { image: `app@sha256:${'0'.repeat(64)}` }, 'IMAGE_REFERENCE_INVALID'],
    ['an image name that is none', { image: 'App' }, 'IMAGE_REFERENCE_INVALID'],
    ['a path that is not there', { path: '/no/such/folder' }, 'SOURCE_NOT_FOUND'],
    ['a path that is neither a folder nor a file', { path: '/dev/null' }, 'SOURCE_NOT_DIRECTORY'],
    ['a file that is no archive', { path: import.meta.filename }, 'SOURCE_ARCHIVE_INVALID'],
    ['a volume in the way', { volumes: [{ source: '/', target: '/layers', writable: true }] }, 'VOLUME_TARGET_INVALID'],
    ['an unknown process', { defaultProcess: 'none' }, 'PROCESS_TYPE_UNKNOWN'],
  ])('refuses %s', async (_title, options, code) => {
    fixture.buildpack('samples/one');
    await expect(fixture.build(options)).rejects.toMatchObject({ code });
    expect(workFolders()).toEqual([]);
  });
});
