import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readTar } from '../../../src/archive/index.ts';
import { EMPTY_LIFECYCLE_METADATA, LABELS, parseApiVersion, parseBuildMetadataLabel, parseLifecycleMetadataLabel } from '../../../src/cnb/index.ts';
import type { BuildpackId, LaunchMetadata, LaunchProcess, LifecycleMetadataLabel } from '../../../src/cnb/index.ts';
import { createPlainLayersDirectory } from '../../../src/lifecycle/cache/plain-layers-directory.ts';
import type { LayerCache } from '../../../src/lifecycle/cache/layer-cache.ts';
import type { LifecycleEvent } from '../../../src/lifecycle/events.ts';
import { exportImage } from '../../../src/lifecycle/export/export-image.ts';
import type { ExportOutcome } from '../../../src/lifecycle/export/export-image.ts';
import type { ExportInputs } from '../../../src/lifecycle/export/export-inputs.ts';
import { createLayerWriter, openBlobDirectory, validateImage } from '../../../src/oci/index.ts';
import type { Image, Layer } from '../../../src/oci/index.ts';
import { makeSocket } from '../../support/make-socket.ts';
import { syntheticImage, syntheticLayer } from '../../support/synthetic-image.ts';

let root: string;
let events: LifecycleEvent[];
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'tspack-export-'));
  events = [];
  write('layers/config/metadata.toml', 'processes = []\n');
  write('workspace/app.txt');
  write('launcher');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function write(path: string, text = path): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

const LAUNCH = '[types]\nlaunch = true\n';
const WEB: LaunchProcess = { type: 'web', command: ['serve'], direct: true, buildpackId: 'samples/one' };
const NO_CACHE: LayerCache = {
  layers: [],
  sboms: async () => ({}),
  restore: async (paths) => paths,
  knownTar: () => Promise.resolve(undefined),
  commit: () => Promise.reject(new Error('export commits nothing')),
};

interface Given extends Partial<Pick<ExportInputs, 'defaultProcess' | 'execEnv'>> {
  readonly extension?: ExportInputs['runImage']['extension'];
  readonly launch?: Partial<LaunchMetadata>;
  readonly group?: readonly string[];
  readonly previous?: { readonly metadata: LifecycleMetadataLabel; readonly image?: Image };
  readonly runImage?: Image;
  readonly platformApi?: string;
  readonly cache?: LayerCache;
  readonly storedLayer?: (diffId: string) => Layer | undefined;
}

async function run({
  launch = {},
  group = ['samples/one'],
  previous,
  runImage,
  platformApi = '0.15',
  cache = NO_CACHE,
  storedLayer,
  extension,
  ...more
}: Given = {}): Promise<ExportOutcome> {
  const blobs = openBlobDirectory(join(root, 'store'));
  return await exportImage(
    {
      group: { group: group.map((id) => ({ id: id as BuildpackId, version: '1', api: '0.12' })), groupExtensions: [] },
      analysis: {
        metadata: previous?.metadata ?? EMPTY_LIFECYCLE_METADATA,
        target: { os: 'linux', arch: 'amd64' },
        ...(previous?.image === undefined ? {} : { previousImage: previous.image }),
      },
      launchMetadata: { buildpacks: [], extensions: [], labels: [], processes: [], slices: [], ...launch },
      runImage: {
        image: runImage ?? (await syntheticImage('run')),
        reference: 'run@sha256:0',
        name: 'run',
        mirrors: [],
        ...(extension === undefined ? {} : { extension }),
      },
      platformApi: parseApiVersion(platformApi),
      owner: { uid: 1001, gid: 1000 },
      appDirectory: join(root, 'workspace'),
      appPath: '/workspace',
      layersPath: '/layers',
      launcher: join(root, 'launcher'),
      launcherRecord: { version: '1.0.0', source: { git: { repository: '', commit: '' } } },
      projectMetadata: {},
      execEnv: 'production',
      created: '1980-01-01T00:00:01Z',
      ...more,
    },
    {
      layers: createPlainLayersDirectory(join(root, 'layers')),
      layerWriter: createLayerWriter(blobs),
      cache,
      storedLayer: storedLayer ?? (() => undefined),
      events: (event) => events.push(event),
    },
  );
}

const history = ({ image }: ExportOutcome) => image.config.history!.slice(2).map((entry) => entry.created_by);
const labels = ({ image }: ExportOutcome) => image.config.config!.Labels!;
const lifecycle = (outcome: ExportOutcome) => parseLifecycleMetadataLabel(labels(outcome)[LABELS.lifecycleMetadata]!);
const previousOf = (outcome: ExportOutcome) => ({ metadata: lifecycle(outcome), image: outcome.image });
async function pathsIn(layer: Layer): Promise<readonly string[]> {
  const paths: string[] = [];
  for await (const entry of readTar(layer.openTar())) {
    paths.push(entry.linkTarget === undefined ? entry.path : `${entry.path} -> ${entry.linkTarget}`);
    for await (const chunk of entry.content) void chunk;
  }
  return paths;
}

describe('exportImage()', () => {
  it('puts layers on the run image in the order of the spec, with their history', async () => {
    for (const layer of ['b', 'a', 'a-1']) {
      write(`layers/samples_one/${layer}.toml`, LAUNCH);
      write(`layers/samples_one/${layer}/file`, layer);
    }
    write('layers/samples_two/z.toml', LAUNCH);
    write('layers/samples_two/z/file');
    write('layers/samples_two/build-only.toml', '[types]\nbuild = true\n');
    write('layers/samples_two/build-only/file');
    write('layers/sbom/launch/sbom.legacy.json', 'null');
    const outcome = await run({ group: ['samples/two', 'samples/one'], launch: { processes: [WEB], slices: [{ paths: ['none'] }] } });
    expect(history(outcome)).toEqual([
      "Layer: 'z', Created by buildpack: samples/two@1",
      "Layer: 'a', Created by buildpack: samples/one@1",
      "Layer: 'a-1', Created by buildpack: samples/one@1",
      "Layer: 'b', Created by buildpack: samples/one@1",
      'Software Bill-of-Materials',
      'Application Slice: 1',
      'Application Slice: 2',
      'Buildpacks Application Launcher',
      'Buildpacks Launcher Config',
      'Buildpacks Process Types',
    ]);
    expect(outcome.image.layers.slice(2).map(({ diffId }) => diffId)).toEqual(outcome.layers.map(({ diffId }) => diffId));
    expect(outcome.layers.map(({ name }) => name)).toEqual([
      'samples/two:z',
      'samples/one:a',
      'samples/one:a-1',
      'samples/one:b',
      'launch.sbom',
      'slice-1',
      'slice-2',
      'launcher',
      'config',
      'process-types',
    ]);
    expect(await pathsIn(outcome.image.layers[3]!)).toEqual(['/layers', '/layers/samples_one', '/layers/samples_one/a', '/layers/samples_one/a/file']);
    expect(await pathsIn(outcome.image.layers.at(-1)!)).toEqual(['/cnb', '/cnb/process', '/cnb/process/web -> /cnb/lifecycle/launcher']);
    expect(await validateImage(outcome.image)).toEqual([]);
    const { topLayer } = lifecycle(outcome).runImage;
    expect(topLayer).toBe(outcome.image.layers[1]!.diffId);
  });

  it('puts layers of extensions right on the run image, which stays the one to rebase from', async () => {
    const added = [await syntheticLayer('one'), await syntheticLayer('two')];
    const extension = {
      config: { User: '5:6', Env: ['PATH=/opt/bin', 'MORE=1'], Labels: { 'io.buildpacks.rebasable': 'true' } },
      layers: added.map((layer, index) => ({ extensionId: 'samples/ext', createdBy: `RUN ${index}`, layer })),
    };
    const outcome = await run({ extension });
    expect(history(outcome).slice(0, 3)).toEqual([
      "Layer: 'RUN 0', Created by extension: samples/ext",
      "Layer: 'RUN 1', Created by extension: samples/ext",
      'Application Layer',
    ]);
    expect(outcome.layers.map(({ name }) => name).slice(0, 3)).toEqual(['samples/ext:extended-layer-2', 'samples/ext:extended-layer-3', 'app']);
    expect(outcome.image.config.config).toMatchObject({
      User: '5:6',
      Env: expect.arrayContaining(['MORE=1', 'PATH=/cnb/process:/cnb/lifecycle:/opt/bin']) as string[],
    });
    expect(labels(outcome)).toMatchObject({ 'io.buildpacks.rebasable': 'true' });
    expect(lifecycle(outcome).runImage).toMatchObject({ topLayer: outcome.image.layers[1]!.diffId, reference: 'run@sha256:0', image: 'run' });
    expect(await validateImage(outcome.image)).toEqual([]);
    const again = await run({ extension, previous: previousOf(outcome) });
    expect(again.layers.slice(0, 2).map(({ reused }) => reused)).toEqual([true, true]);
    expect(again.image.imageId).toBe(outcome.image.imageId);
  });

  it('reuses what the previous image has, and the layer whose folder the buildpack left out', async () => {
    write('layers/samples_one/kept.toml', `${LAUNCH}[metadata]\nnumber = 1\n`);
    write('layers/samples_one/kept/file');
    const first = await run();
    rmSync(join(root, 'layers/samples_one/kept'), { recursive: true });
    write('layers/samples_one/kept.toml', `${LAUNCH}[metadata]\nnumber = 2\n`);
    write('workspace/app.txt', 'changed');
    const second = await run({ previous: previousOf(first) });
    expect(second.layers.filter(({ reused }) => reused).map(({ name }) => name)).toEqual(['samples/one:kept', 'launcher', 'config']);
    expect(second.image.layers[2]!.diffId).toBe(first.image.layers[2]!.diffId);
    expect(lifecycle(second).buildpacks[0]!.layers['kept']).toMatchObject({ sha: first.image.layers[2]!.diffId, data: { number: 2 } });
    expect(await validateImage(second.image)).toEqual([]);
  });

  it.each([
    ['the previous image knows nothing of', LAUNCH, () => EMPTY_LIFECYCLE_METADATA, 'LAYER_NOT_REUSABLE', 'no metadata for it'],
    ['the previous image has lost', LAUNCH, (metadata: LifecycleMetadataLabel) => metadata, 'LAYER_NOT_REUSABLE', 'has lost it'],
    ['is cache=true', '[types]\nlaunch = true\ncache = true\n', (metadata: LifecycleMetadataLabel) => metadata, 'LAYER_CACHE_EMPTY', 'no contents'],
  ])('refuses a layer without a folder that %s', async (_title, toml, metadataOf, code, message) => {
    write('layers/samples_one/kept.toml', LAUNCH);
    write('layers/samples_one/kept/file');
    const { metadata } = previousOf(await run());
    rmSync(join(root, 'layers/samples_one/kept'), { recursive: true });
    write('layers/samples_one/kept.toml', toml);
    await expect(run({ previous: { metadata: metadataOf(metadata), image: await syntheticImage('other') } })).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message) as string,
    });
  });

  it('sets environment, folder, entrypoint and no command', async () => {
    const container = {
      Env: ['A=1', 'PATH=/usr/bin:/bin', 'CNB_APP_DIR=/old'],
      Cmd: ['sh'],
      Entrypoint: ['/init'],
      User: '7:8',
      WorkingDir: '/',
      ExposedPorts: { '80/tcp': {} },
    };
    const outcome = await run({
      runImage: await syntheticImage('run', { config: { config: container } }),
      launch: { processes: [WEB], buildpackDefaultProcessType: 'web' },
    });
    const { Labels: _labels, ...config } = outcome.image.config.config!;
    expect(config).toEqual({
      Env: [
        'A=1',
        'PATH=/cnb/process:/cnb/lifecycle:/usr/bin:/bin',
        'CNB_APP_DIR=/workspace',
        'CNB_LAYERS_DIR=/layers',
        'CNB_PLATFORM_API=0.15',
        'CNB_DEPRECATION_MODE=quiet',
      ],
      Entrypoint: ['/cnb/process/web'],
      User: '7:8',
      WorkingDir: '/workspace',
      ExposedPorts: { '80/tcp': {} },
    });
  });

  it.each([
    [{}, ['/cnb/lifecycle/launcher']],
    [{ launch: { processes: [WEB] } }, ['/cnb/lifecycle/launcher']],
    [{ launch: { processes: [WEB, { ...WEB, type: 'task' }], buildpackDefaultProcessType: 'web' }, defaultProcess: 'task' }, ['/cnb/process/task']],
  ])('starts with %j at %j', async (given: Given, entrypoint) => {
    expect((await run(given)).image.config.config!.Entrypoint).toEqual(entrypoint);
  });

  it('refuses a default process that there is not', async () => {
    await expect(run({ launch: { processes: [WEB] }, defaultProcess: 'task' })).rejects.toMatchObject({
      code: 'PROCESS_TYPE_UNKNOWN',
      nextStep: 'Use one of web',
    });
  });

  it.each(['a/b', 'a>b', 'a<b', 'a:b', 'a|b', 'a&b', 'a\\b', '', '.', '..'])('refuses the process type %j', async (type) => {
    await expect(run({ launch: { processes: [{ ...WEB, type }] } })).rejects.toMatchObject({ code: 'PROCESS_TYPE_INVALID' });
  });

  it('takes labels of the run image, its own, and those of buildpacks, the last of which wins', async () => {
    const runImage = await syntheticImage('run', { config: { config: { Labels: { kept: 'run', replaced: 'run' } } } });
    const outcome = await run({
      runImage,
      launch: {
        processes: [WEB],
        labels: [
          { key: 'replaced', value: '1' },
          { key: 'replaced', value: '2' },
        ],
      },
    });
    expect(labels(outcome)).toMatchObject({ kept: 'run', replaced: '2', 'io.buildpacks.project.metadata': '{}', 'io.buildpacks.exec-env': 'production' });
    expect(parseBuildMetadataLabel(labels(outcome)[LABELS.buildMetadata]!)).toMatchObject({ launcher: { version: '1.0.0' }, processes: [{ type: 'web' }] });
    expect(Object.keys(labels(await run({ platformApi: '0.14' })))).not.toContain('io.buildpacks.exec-env');
    expect(Object.keys(labels(await run({ execEnv: '' })))).not.toContain('io.buildpacks.exec-env');
  });

  it('keeps an entry for a buildpack without layers, and its store', async () => {
    write('layers/samples_one/store.toml', '[metadata]\nkept = "yes"\n');
    expect(lifecycle(await run({ group: ['samples/one', 'samples/two'] })).buildpacks).toEqual([
      { key: 'samples/one', version: '1', layers: {}, store: { metadata: { kept: 'yes' } } },
      { key: 'samples/two', version: '1', layers: {} },
    ]);
  });

  it('says what the cache should keep', async () => {
    write('layers/samples_one/both.toml', '[types]\nlaunch = true\ncache = true\n[metadata]\na = 1\n');
    write('layers/samples_one/both/file');
    write('layers/samples_one/both.sbom.cdx.json', '{}');
    write('layers/samples_one/cached.toml', '[types]\nbuild = true\ncache = true\n');
    write('layers/samples_one/cached/file');
    write('layers/samples_one/empty.toml', '[types]\ncache = true\n');
    const outcome = await run();
    const diffId = outcome.image.layers[2]!.diffId;
    expect(outcome.cacheLayers).toMatchObject([
      {
        path: 'samples_one/both',
        launch: true,
        build: false,
        data: { a: 1 },
        diffId,
        tar: { diffId, sizeBytes: outcome.image.layers[2]!.tarSizeBytes },
        sboms: { 'cdx.json': Buffer.from('{}') },
      },
      { path: 'samples_one/cached', launch: false, build: true },
    ]);
    expect(outcome.cacheLayers[1]).not.toHaveProperty('diffId');
    expect(events).toContainEqual(
      expect.objectContaining({ kind: 'message', level: 'warning', message: "Failed to cache layer 'samples/one:empty' because it has no contents" }),
    );
  });

  it('does not read a layer that is known by its fingerprint, unless its tar is gone', async () => {
    write('layers/samples_one/known.toml', LAUNCH);
    write('layers/samples_one/known/file');
    const first = (await run()).image.layers[2]!;
    write('layers/samples_one/known/file', 'changed, and nobody looks');
    const cache: LayerCache = { ...NO_CACHE, knownTar: async () => ({ diffId: first.diffId, sizeBytes: first.tarSizeBytes! }) };
    expect((await run({ cache, storedLayer: () => first })).image.layers[2]!.diffId).toBe(first.diffId);
    expect((await run({ cache, storedLayer: () => undefined })).image.layers[2]!.diffId).not.toBe(first.diffId);
  });

  it('refuses a layer description that cannot be read', async () => {
    write('layers/samples_one/broken.toml', 'launch = true\n');
    await expect(run()).rejects.toMatchObject({ code: 'SPEC_FILE_INVALID' });
    write('layers/samples_one/broken.toml', '[types');
    const nextStep = 'Tell the author of buildpack samples/one@1, which wrote it';
    await expect(run()).rejects.toMatchObject({ code: 'SPEC_FILE_INVALID', nextStep });
    rmSync(join(root, 'layers/samples_one/broken.toml'));
    write('layers/samples_one/store.toml', 'metadata = 5\n');
    await expect(run()).rejects.toMatchObject({
      code: 'SPEC_FILE_INVALID',
      message: expect.stringContaining('store.toml: metadata: want a table') as string,
      nextStep,
    });
  });
});

describe('exportImage() of what a hostile buildpack leaves', () => {
  const secret = () => join(root, 'secret');
  const bytesOf = async (outcome: ExportOutcome): Promise<string> => {
    const chunks: Uint8Array[] = [];
    for (const layer of outcome.image.layers) for await (const chunk of layer.openTar()) chunks.push(Buffer.from(chunk));
    const sboms = outcome.cacheLayers.flatMap((layer) => Object.values(layer.sboms));
    return Buffer.concat([...chunks, outcome.image.configBytes, ...sboms]).toString('latin1');
  };
  beforeEach(() => {
    write('secret', '[types]\nlaunch = true\n[metadata]\nsecret = "of the host"\n');
    mkdirSync(join(root, 'secrets'));
    write('secrets/file', 'of the host');
  });

  it('never follows links to files of the host', async () => {
    mkdirSync(join(root, 'layers/samples_one'));
    for (const name of ['linked.toml', 'store.toml', 'layer.sbom.cdx.json']) symlinkSync(secret(), join(root, 'layers/samples_one', name));
    write('layers/samples_one/layer.toml', '[types]\nlaunch = true\ncache = true\n');
    write('layers/samples_one/layer/file');
    symlinkSync(secret(), join(root, 'layers/samples_one/layer/link'));
    symlinkSync(join(root, 'secrets'), join(root, 'layers/samples_one/layer/folder'));
    write('layers/samples_one/whole.toml', LAUNCH);
    symlinkSync(join(root, 'secrets'), join(root, 'layers/samples_one/whole'));
    symlinkSync(secret(), join(root, 'workspace/link'));
    // A link is no layer's folder.
    await expect(run()).rejects.toMatchObject({ code: 'LAYER_NOT_REUSABLE' });
    rmSync(join(root, 'layers/samples_one/whole.toml'));
    const outcome = await run();
    expect(await bytesOf(outcome)).not.toContain('of the host');
    expect(await validateImage(outcome.image)).toEqual([]);
  });

  it('keeps names of any bytes and any length, and leaves sockets out', async () => {
    write('layers/samples_one/layer.toml', LAUNCH);
    const folder = join(root, 'layers/samples_one/layer');
    let deep = folder;
    for (let level = 0; level < 12; level++) deep = join(deep, 'd'.repeat(200));
    mkdirSync(deep, { recursive: true });
    writeFileSync(Buffer.concat([Buffer.from(`${folder}/`), Buffer.from([0xff, 0x0a, 0x1b, 0x22])]), '');
    await makeSocket(join(folder, 'socket'));
    write('workspace/\n\u001b[31m"name', '');
    const outcome = await run();
    expect(await validateImage(outcome.image)).toEqual([]);
    const paths = await pathsIn(outcome.image.layers[2]!);
    expect(paths).toHaveLength(3 + 12 + 1);
    expect(paths.some((path) => path.length > 2400)).toBe(true);
    expect(paths.some((path) => path.endsWith('socket'))).toBe(false);
    expect(await pathsIn(outcome.image.layers[3]!)).toContain('/workspace/\n\u001b[31m"name');
  });
});
