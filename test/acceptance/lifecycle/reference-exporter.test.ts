import { execFileSync } from 'node:child_process';
import { linkSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readTar } from '../../../src/archive/index.ts';
import {
  formatLaunchMetadata,
  formatRunToml,
  formatStackToml,
  parseApiVersion,
  parseBuildMetadataLabel,
  parseGroupToml,
  parseLaunchMetadata,
  parseProjectMetadataToml,
} from '../../../src/cnb/index.ts';
import { systemClock } from '../../../src/foundation/index.ts';
import { createHttpClient } from '../../../src/http/index.ts';
import { analyze, createPlainLayersDirectory, exportImage, openDirectoryLayerCache } from '../../../src/lifecycle/index.ts';
import { createLayerCompressor, createLayerWriter, openBlobDirectory, parseImageReference, validateImage, withDigest } from '../../../src/oci/index.ts';
import type { Image, ImageConfig, Layer } from '../../../src/oci/index.ts';
import { ANONYMOUS, createRegistryStore } from '../../../src/registry/index.ts';
import { startFakeRegistry } from '../../support/fake-registry.ts';
import { makeSocket } from '../../support/make-socket.ts';
import { createReferenceRoot, referenceObstacle } from '../../support/reference-lifecycle.ts';
import type { ReferenceRoot } from '../../support/reference-lifecycle.ts';
import { skipWithout } from '../../support/requirement.ts';
import { syntheticImage } from '../../support/synthetic-image.ts';

const obstacle = referenceObstacle();
const home = mkdtempSync(join(tmpdir(), 'tspack-exporter-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

const PLATFORM = { os: 'linux', architecture: 'amd64' };
const LAUNCHER = '#!/bin/launcher of both\n';

function write(root: ReferenceRoot, path: string | Buffer, content: string, mode = 0o644): void {
  const file = Buffer.concat([Buffer.from(`${root.root}/`), Buffer.from(path)]);
  mkdirSync(dirname(file.toString('latin1')), { recursive: true });
  writeFileSync(file, content, { mode });
}

const METADATA = `
buildpack-default-process-type = "web"
[[buildpacks]]
api = "0.10"
id = "samples/many"
version = "1.2.3"
homepage = "https://example.org/?a=1&b=<2>"
[[buildpacks]]
api = "0.12"
id = "samples/none"
version = "4"
[[labels]]
key = "com.example.text"
value = "tab\\t <&> \\u2028 é 😀"
[[labels]]
key = "9"
value = "nine"
[[labels]]
key = "10"
value = "ten"
[[processes]]
type = "web"
command = ["node", "server.js"]
args = ["--port", "80 & 81"]
direct = true
buildpack-id = "samples/many"
[[processes]]
type = "worker"
command = ["work"]
direct = false
buildpack-id = "samples/many"
working-dir = "/workspace/sub"
[[slices]]
paths = ["static/*.html", "nested", "no-such-*"]
[[slices]]
paths = ["static/**", "[ab].txt", "/abs.txt", "sub/../c.txt", "esc\\\\[1\\\\].txt"]
[[slices]]
paths = []
`;

/** Layers, application and files of the lifecycle as a build leaves them. */
async function writeBuild(root: ReferenceRoot, platformApi: string, change?: (root: ReferenceRoot) => void): Promise<void> {
  const layers = 'layers/samples_many';
  const long = 'n'.repeat(90);
  write(
    root,
    `${layers}/launched.toml`,
    '[types]\nlaunch = true\n[metadata]\nnumber = 3\nbig = 12345678901\nfloat = 1.5\ntext = "<a> & \\"b\\""\nlist = ["a", "b"]\nflag = true\n[metadata.nested]\nb = 1\na = "x"\n18 = "y"\n9 = "z"\n',
  );
  write(root, `${layers}/launched/bin/tool`, 'tool', 0o755);
  write(root, `${layers}/launched/bin/setuid`, 'gain', 0o755);
  write(root, `${layers}/launched/${long}/${long}`, 'a name that ustar splits');
  write(root, `${layers}/launched/${'m'.repeat(120)}`, 'a name that no ustar holds');
  write(root, `${layers}/launched/${long}/${'o'.repeat(99)}/${'p'.repeat(99)}/q`, 'a path of more than 256 bytes');
  write(root, `${layers}/launched/é 😀 "quoted'\n`, 'not ASCII');
  write(root, Buffer.concat([Buffer.from(`${layers}/launched/`), Buffer.from([0xff, 0x66, 0xfe])]), 'not UTF-8');
  write(root, `${layers}/launched/a-`, 'sorts before a/');
  write(root, `${layers}/launched/a/b`, 'in a folder');
  write(root, `${layers}/launched/empty`, '');
  symlinkSync('tool', root.at(`${layers}/launched/bin/link`));
  symlinkSync('/nowhere/at/all', root.at(`${layers}/launched/dangling`));
  symlinkSync('x'.repeat(150), root.at(`${layers}/launched/long-target`));
  symlinkSync('é', root.at(`${layers}/launched/unicode-target`));
  linkSync(root.at(`${layers}/launched/bin/tool`), root.at(`${layers}/launched/hard-link`));
  execFileSync('chmod', ['4755', root.at(`${layers}/launched/bin/setuid`)]);
  mkdirSync(root.at(`${layers}/launched/sticky`));
  execFileSync('chmod', ['1777', root.at(`${layers}/launched/sticky`)]);
  execFileSync('mkfifo', [root.at(`${layers}/launched/pipe`)]);
  await makeSocket(root.at(`${layers}/launched/socket`));

  write(root, `${layers}/all.toml`, '[types]\nlaunch = true\nbuild = true\ncache = true\n');
  write(root, `${layers}/all/file`, 'all');
  // Sorted by name, not by the name of the file that describes it.
  write(root, `${layers}/all-more.toml`, '[types]\nlaunch = true\n[metadata]\n');
  write(root, `${layers}/all-more/file`, 'more');
  write(root, `${layers}/no-toml/file`, 'a folder that nothing describes');
  write(root, `${layers}/build-only.toml`, '[types]\nbuild = true\ncache = true\n[metadata]\na = 1\n');
  write(root, `${layers}/build-only/file`, 'build');
  write(root, `${layers}/ignored.toml`, '[metadata]\na = 1\n');
  write(root, `${layers}/ignored.ignore/file`, 'ignored');
  write(root, `${layers}/store.toml`, '[metadata]\nkept = "yes"\nnumber = 7\n');
  write(root, `${layers}/launch.toml`, '');
  mkdirSync(root.at('layers/samples_none'), { recursive: true });

  write(root, 'layers/sbom/launch/samples_many/launched/sbom.cdx.json', '{"bomFormat":"CycloneDX"}');
  write(root, 'layers/sbom/launch/sbom.legacy.json', 'null\n');
  write(root, 'layers/sbom/build/sbom.legacy.json', 'null\n');
  write(root, 'cnb/lifecycle/launcher.sbom.cdx.json', '{"launcher":true}');
  write(root, 'layers/sbom/launch/buildpacksio_lifecycle/launcher/sbom.cdx.json', '{"launcher":true}');

  for (const name of [
    'static/index.html',
    'static/deep/page.html',
    'static/app.js',
    'nested/a/b/c',
    'a.txt',
    'b.txt',
    'c.txt',
    'abs.txt',
    'esc[1].txt',
    'server.js',
    'nested-not',
  ])
    write(root, `workspace/${name}`, name);
  symlinkSync('../server.js', root.at('workspace/static/link.html'));
  mkdirSync(root.at('workspace/sub'));
  execFileSync('mkfifo', [root.at('workspace/sub/pipe')]);
  await makeSocket(root.at('workspace/sub/socket'));

  const group = '[[group]]\nid = "samples/many"\nversion = "1.2.3"\napi = "0.10"\n[[group]]\nid = "samples/none"\nversion = "4"\napi = "0.12"\n';
  write(root, 'layers/group.toml', group);
  write(root, 'layers/config/metadata.toml', formatLaunchMetadata(parseLaunchMetadata(METADATA, 'metadata.toml'), parseApiVersion(platformApi)));
  write(
    root,
    'layers/project-metadata.toml',
    '[source]\ntype = "git"\n[source.version]\ncommit = "abc"\n[source.metadata]\nrepository = "https://example.org/a&b"\n',
  );
  change?.(root);
}

/** A config as a diff can show it. */
const readable = (image: Image): unknown => JSON.parse(Buffer.from(image.configBytes).toString());

async function entriesOf(layer: Layer): Promise<readonly string[]> {
  const lines: string[] = [];
  for await (const entry of readTar(layer.openTar())) {
    lines.push([entry.path, entry.type, entry.mode.toString(8), entry.uid, entry.gid, entry.sizeBytes, entry.linkTarget ?? ''].join(' '));
    for await (const chunk of entry.content) void chunk;
  }
  return lines;
}

const RUN_CONFIG: Partial<ImageConfig> = {
  created: '2024-05-06T07:08:09Z',
  variant: 'v2',
  history: [
    { created: '2024-05-06T07:08:09Z', created_by: 'first', comment: 'buildkit' },
    { created: '2024-05-06T07:08:09Z', created_by: 'RUN <x> && y', empty_layer: true },
    { created_by: 'second', author: 'me' },
  ],
  config: {
    User: '1001:1000',
    Env: ['PATH=/usr/bin:/bin', 'LANG=C', 'EMPTY='],
    Cmd: ['sh'],
    ExposedPorts: { '80/tcp': {}, '8080/tcp': {} },
    Labels: { 'io.buildpacks.base.distro.name': 'debian', 'io.buildpacks.base.distro.version': '13', 'io.buildpacks.rebasable': 'true', 18: 'b', 9: 'a' },
    StopSignal: 'SIGINT',
    WorkingDir: '/srv',
    Volumes: { '/data': {} },
  },
};

/** Files of the application that take every turn of a slice's patterns. */
const PATTERNS = [
  '*',
  'd*',
  '?',
  '[a-c]',
  '[^a]',
  '[^a]*',
  '[c-a]',
  'd[^x]e',
  'd/*',
  'd/**',
  '*/e',
  '../d',
  './d//e',
  'd/..',
  '',
  '/d',
  '*é*',
  '??',
  '[é-ê]',
  '\\*',
  '[\\]]',
  '[\\-x]',
  '*]',
];

describe.skipIf(skipWithout(`what the reference exporter needs (${obstacle})`, obstacle === undefined))('exportImage() beside the reference exporter', () => {
  async function comparison(platformApi: string, runConfig: Partial<ImageConfig> = RUN_CONFIG) {
    const registry = await startFakeRegistry();
    const place = mkdtempSync(join(home, 'run-'));
    const blobs = openBlobDirectory(join(place, 'store'));
    const store = createRegistryStore({
      http: createHttpClient({ userAgent: 'test', clock: systemClock }),
      keychain: ANONYMOUS,
      clock: systemClock,
      compressor: createLayerCompressor(blobs),
    });
    const runName = `${registry.host}/run:latest`;
    const run = await syntheticImage('run', { config: runConfig });
    await store.write(run, [parseImageReference(runName)]);
    const runImage = (await store.read(parseImageReference(runName), PLATFORM))!;
    const mirrors = ['mirror.example/run'];
    const appName = `${registry.host}/app:latest`;

    return {
      store,
      registry,
      /** The image of the reference. */
      async reference(change?: (root: ReferenceRoot) => void, more: readonly string[] = [], env: Readonly<Record<string, string>> = {}) {
        const root = createReferenceRoot(mkdtempSync(join(place, 'reference-')), LAUNCHER);
        write(root, 'cnb/run.toml', formatRunToml({ images: [{ image: runName, mirrors }] }));
        write(root, 'cnb/stack.toml', formatStackToml({ runImage: { image: runName, mirrors } }));
        await root.phase('analyzer', platformApi, ['-layers', '/layers', '-uid', '1001', '-gid', '1000', '-run-image', runName, appName]);
        await writeBuild(root, platformApi, change);
        const output = await root.phase(
          'exporter',
          platformApi,
          ['-layers', '/layers', '-app', '/workspace', '-uid', '1001', '-gid', '1000', '-cache-dir', '/cache', ...more, appName],
          env,
        );
        return { image: (await store.read(parseImageReference(appName), PLATFORM))!, output };
      },
      /** Ours, with `previous` as the previous image and the launcher version of the reference. */
      async ours(
        reference: Image,
        previous: Image | undefined,
        change?: (root: ReferenceRoot) => void,
        more: { readonly defaultProcess?: string; readonly created?: string } = {},
      ) {
        const root = createReferenceRoot(mkdtempSync(join(place, 'ours-')), LAUNCHER);
        await writeBuild(root, platformApi, change);
        const text = (path: string) => readFileSync(root.at(path), 'utf8');
        const events: string[] = [];
        const images = { read: () => Promise.resolve(previous), write: () => Promise.reject(new Error('nothing is written')) };
        const analysis = await analyze({ previousImage: parseImageReference(appName), runImage }, { images, events: () => undefined });
        const label = reference.config.config!.Labels!['io.buildpacks.build.metadata']!;
        const outcome = await exportImage(
          {
            group: parseGroupToml(text('layers/group.toml'), 'group.toml'),
            analysis,
            launchMetadata: parseLaunchMetadata(text('layers/config/metadata.toml'), 'metadata.toml'),
            runImage: { image: runImage, reference: withDigestText(runName, runImage), name: runName, mirrors },
            platformApi: parseApiVersion(platformApi),
            owner: { uid: 1001, gid: 1000 },
            appDirectory: root.at('workspace'),
            appPath: '/workspace',
            layersPath: '/layers',
            launcher: root.at('cnb/lifecycle/launcher'),
            launcherRecord: parseBuildMetadataLabel(label).launcher,
            projectMetadata: parseProjectMetadataToml(text('layers/project-metadata.toml'), 'project-metadata.toml'),
            execEnv: 'production',
            created: '1980-01-01T00:00:01Z',
            ...more,
          },
          {
            layers: createPlainLayersDirectory(root.at('layers')),
            layerWriter: createLayerWriter(blobs),
            cache: await openDirectoryLayerCache(join(place, 'cache')),
            storedLayer: () => undefined,
            events: (event) => events.push(event.kind === 'layer' ? `${event.action} ${event.name}` : event.kind === 'message' ? event.message : ''),
          },
        );
        return { image: outcome.image, events };
      },
      [Symbol.asyncDispose]: () => registry[Symbol.asyncDispose](),
    };
  }
  const withDigestText = (name: string, image: Image): string => {
    const { registry, repository, digest } = withDigest(parseImageReference(name), image.manifest!.descriptor.digest);
    return `${registry}/${repository}@${digest}`;
  };

  /** The first difference that a person can read; then the bytes. */
  async function expectEqual(ours: Image, reference: Image): Promise<void> {
    for (const [index, layer] of reference.layers.entries()) {
      const own = ours.layers[index];
      if (own?.diffId !== layer.diffId) expect({ index, entries: own && (await entriesOf(own)) }).toEqual({ index, entries: await entriesOf(layer) });
    }
    expect(readable(ours)).toEqual(readable(reference));
    expect(Buffer.from(ours.configBytes).toString()).toBe(Buffer.from(reference.configBytes).toString());
    expect(ours.imageId).toBe(reference.imageId);
    expect(await validateImage(ours)).toEqual([]);
  }

  for (const api of ['0.10', '0.11', '0.12', '0.13', '0.14', '0.15']) {
    it(`makes the same image at Platform API ${api}`, { timeout: 60_000 }, async () => {
      await using both = await comparison(api);
      const { image: reference } = await both.reference();
      const { image } = await both.ours(reference, undefined);
      await expectEqual(image, reference);
    });
  }

  it('reuses layers of the previous image, and drops what is gone', { timeout: 60_000 }, async () => {
    await using both = await comparison('0.15');
    const first = (await both.reference()).image;
    const change = (root: ReferenceRoot): void => {
      rmSync(root.at('layers/samples_many/launched'), { recursive: true });
      write(root, 'layers/samples_many/launched.toml', '[types]\nlaunch = true\n[metadata]\nnumber = 4\n');
      rmSync(root.at('layers/sbom/launch'), { recursive: true });
      rmSync(root.at('cnb/lifecycle/launcher.sbom.cdx.json'));
      write(root, 'layers/samples_many/store.toml', '');
      write(root, 'layers/project-metadata.toml', '');
      write(root, 'layers/config/metadata.toml', 'processes = []\n[[buildpacks]]\napi = "0.10"\nid = "samples/many"\nversion = "1.2.3"\n');
    };
    const reference = await both.reference(change);
    expect(reference.output).toContain("Reusing layer 'samples/many:launched'");
    const ours = await both.ours(reference.image, first, change);
    expect(ours.events).toEqual(
      expect.arrayContaining([
        'reusing samples/many:all',
        'reusing samples/many:launched',
        'reusing launcher',
        'adding config',
        'adding app',
        'no default process type',
      ]),
    );
    await expectEqual(ours.image, reference.image);
  });

  it('starts the process that was asked for', { timeout: 60_000 }, async () => {
    await using both = await comparison('0.14');
    const { image: reference } = await both.reference(undefined, ['-process-type', 'worker']);
    const { image, events } = await both.ours(reference, undefined, undefined, { defaultProcess: 'worker' });
    expect(events).toContain("Setting default process type 'worker'");
    await expectEqual(image, reference);
  });

  it('says that it was made when it was told', { timeout: 60_000 }, async () => {
    await using both = await comparison('0.15');
    const { image: reference } = await both.reference(undefined, [], { SOURCE_DATE_EPOCH: '1700000000' });
    const { image } = await both.ours(reference, undefined, undefined, { created: '2023-11-14T22:13:20Z' });
    await expectEqual(image, reference);
  });

  it.each([
    ['without any settings', { history: [], config: {} }],
    ['with a history that does not fit', { history: [{ created_by: 'one' }], config: { Env: ['A=b'] } }],
  ])('takes a run image %s', { timeout: 60_000 }, async (_title, runConfig: Partial<ImageConfig>) => {
    await using both = await comparison('0.15', runConfig);
    const { image: reference } = await both.reference();
    await expectEqual((await both.ours(reference, undefined)).image, reference);
  });

  it.each(PATTERNS)('slices by the pattern %j', { timeout: 60_000 }, async (pattern) => {
    await using both = await comparison('0.15');
    const change = (root: ReferenceRoot): void => {
      rmSync(root.at('workspace'), { recursive: true });
      for (const name of ['a', 'b', 'c', 'd/e', 'd/f/g', 'dxe', 'é', 'aa', '*', ']', '-', 'x]']) write(root, `workspace/${name}`, name);
      const metadata = parseLaunchMetadata(METADATA, 'metadata.toml');
      write(root, 'layers/config/metadata.toml', formatLaunchMetadata({ ...metadata, slices: [{ paths: [pattern] }] }, parseApiVersion('0.15')));
    };
    const { image: reference } = await both.reference(change);
    await expectEqual((await both.ours(reference, undefined, change)).image, reference);
  });
});
