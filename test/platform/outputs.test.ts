import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readTar } from '../../src/archive/index.ts';
import { digestOf, systemClock } from '../../src/foundation/index.ts';
import { createHttpClient } from '../../src/http/index.ts';
import { openBlobDirectory, openLayoutStore, parseImageReference, readDockerArchive, validateImage } from '../../src/oci/index.ts';
import type { Image, ImageReference, ImageStore } from '../../src/oci/index.ts';
import { describeImage, downloadSbom, findImage } from '../../src/platform/index.ts';
import type { FindImagePorts } from '../../src/platform/index.ts';
import { ANONYMOUS, createRegistryStore } from '../../src/registry/index.ts';
import { BuildFixture, writing } from '../support/build-fixture.ts';
import { startFakeRegistry } from '../support/fake-registry.ts';
import { syntheticImage } from '../support/synthetic-image.ts';

const PLATFORM = { os: 'linux', architecture: 'amd64' };
const NAME = 'example.com/team/app:1';

let fixture: BuildFixture;
beforeEach(() => {
  fixture = new BuildFixture();
  fixture.buildpack('samples/one', {
    info: 'homepage = "https://example.org"\nsbom-formats = ["application/vnd.cyclonedx+json"]',
    build: writing({
      'launch.toml':
        '[[processes]]\ntype = "web"\ncommand = ["serve", "all"]\nargs = ["--now"]\ndefault = true\n[[processes]]\ntype = "task"\ncommand = ["run"]\nworking-dir = "/tmp"\n',
      'runtime.toml': '[types]\nlaunch = true\n',
      'runtime/file': 'runtime',
      'runtime.sbom.cdx.json': '{"bomFormat":"CycloneDX"}',
    }),
  });
});
afterEach(() => fixture.remove());

const at = (name: string) => join(fixture.root, name);
const saved = async (name = NAME) => (await fixture.store.read(parseImageReference(name), PLATFORM))!;

/** A place that keeps what it is given. */
function memoryStore() {
  const images = new Map<string, Image>();
  const key = ({ repository, tag }: ImageReference) => `${repository}:${tag}`;
  const store: ImageStore = {
    read: async (reference) => images.get(key(reference)),
    async write(image, references) {
      for (const reference of references) images.set(key(reference), image);
      return { mediaType: 'test', digest: image.imageId, size: 0 };
    },
  };
  return { images, store };
}

describe('outputs of build()', () => {
  it('writes one image to many places, under one manifest', async () => {
    await using registry = await startFakeRegistry();
    const daemon = memoryStore();
    const image = `${registry.host}/app:1`;
    const { imageId, manifestDigest } = await fixture.build(
      {
        image,
        outputs: [
          { kind: 'registry' },
          { kind: 'docker' },
          { kind: 'oci', path: at('layout') },
          { kind: 'oci-archive', path: at('new/archive.tar') },
          { kind: 'docker-archive', path: at('docker.tar') },
        ],
      },
      {
        registry: async () =>
          createRegistryStore({
            http: createHttpClient({ userAgent: 'test', clock: systemClock }),
            keychain: ANONYMOUS,
            clock: systemClock,
            compressor: fixture.store.compressor,
          }),
        daemon: async () => ({ name: 'Fake daemon', images: daemon.store }),
      },
    );
    expect(digestOf(registry.manifest('app', '1')!.bytes)).toBe(manifestDigest);
    expect(registry.violations).toEqual([]);
    expect(daemon.images.get('app:1')!.imageId).toBe(imageId);

    const layout = (await openLayoutStore({ directory: at('layout'), compressor: fixture.store.compressor }).readOnly(PLATFORM))!;
    expect(layout.manifest!.descriptor.digest).toBe(manifestDigest);
    expect(await validateImage(layout)).toEqual([]);

    const names: string[] = [];
    for await (const entry of readTar(bytesOf(at('new/archive.tar')))) {
      names.push(entry.path);
      for await (const chunk of entry.content) void chunk;
    }
    expect(names).toContain(`blobs/sha256/${manifestDigest!.slice('sha256:'.length)}`);

    const loaded = await readDockerArchive(bytesOf(at('docker.tar')), openBlobDirectory(at('loaded')));
    expect(loaded.imageId).toBe(imageId);
    expect(await validateImage(loaded)).toEqual([]);

    const places = fixture.events.flatMap((event) => (event.kind === 'delivered' ? [[event.place, event.digest]] : []));
    expect(places).toEqual([
      ['local store', imageId],
      [registry.host, manifestDigest],
      ['Fake daemon', imageId],
      [`oci:${at('layout')}`, manifestDigest],
      [`oci-archive:${at('new/archive.tar')}`, manifestDigest],
      [`docker-archive:${at('docker.tar')}`, imageId],
    ]);
    expect((await saved(image)).manifest?.descriptor.digest).toBe(manifestDigest);
  });

  it('keeps the image here, and an old file whole, when an output fails or is stopped', async () => {
    writeFileSync(at('file.tar'), 'the old archive');
    const full: ImageStore = { ...memoryStore().store, write: () => Promise.reject(new Error('the daemon is full')) };
    const failing = fixture.build({ outputs: [{ kind: 'docker' }] }, { daemon: async () => ({ name: 'Fake', images: full }) });
    await expect(failing).rejects.toThrow('the daemon is full');
    expect((await saved()).layers).not.toHaveLength(0);

    const controller = new AbortController();
    const daemon: ImageStore = {
      ...memoryStore().store,
      write: async (image) => (controller.abort(new Error('stopped')), { mediaType: 'test', digest: image.imageId, size: 0 }),
    };
    const stopped = fixture.build(
      { outputs: [{ kind: 'docker' }, { kind: 'docker-archive', path: at('file.tar') }] },
      { daemon: async () => ({ name: 'Fake', images: daemon }) },
      controller.signal,
    );
    await expect(stopped).rejects.toThrow('stopped');
    expect(readFileSync(at('file.tar'), 'utf8')).toBe('the old archive');
    expect(readdirSync(fixture.root).filter((name) => name.includes('file.tar'))).toEqual(['file.tar']);
  });
});

describe('describeImage()', () => {
  it('tells what the labels say', async () => {
    const { imageId } = await fixture.build();
    const described = describeImage(await saved(), NAME, 'local store');
    expect(described).toMatchObject({
      name: NAME,
      place: 'local store',
      imageId,
      platform: PLATFORM,
      created: '1980-01-01T00:00:01Z',
      user: '1001:1000',
      baseImage: { reference: 'example/run@sha256:0' },
      runImages: ['example/run:1'],
      rebasable: true,
      buildpacks: [{ id: 'samples/one', version: '1', homepage: 'https://example.org' }],
      processes: [
        { type: 'web', default: true, shell: '', command: 'serve', args: ['all', '--now'] },
        { type: 'task', default: false, shell: '', command: 'run', args: [], workingDirectory: '/tmp' },
      ],
    });
    expect(described.layers.map(({ createdBy }) => createdBy).slice(2)).toEqual([
      "Layer: 'runtime', Created by buildpack: samples/one@1",
      'Software Bill-of-Materials',
      'Application Layer',
      'Buildpacks Application Launcher',
      'Buildpacks Launcher Config',
      'Buildpacks Process Types',
    ]);
  });

  it('refuses an image that no buildpack made', async () => {
    const image = await syntheticImage('plain');
    expect(() => describeImage(image, 'plain', 'local store')).toThrow(expect.objectContaining({ code: 'IMAGE_NOT_BUILT' }));
  });
});

describe('downloadSbom()', () => {
  it('writes the SBOM layer below the folder, and what was there before is gone', async () => {
    await fixture.build();
    writeFileSync(fixture.write('out/layers/sbom/launch/old.json', ''), '');
    const files = await downloadSbom(await saved(), NAME, at('out'));
    expect(files).toEqual([
      'layers/sbom/launch/buildpacksio_lifecycle/launcher/sbom.cdx.json',
      'layers/sbom/launch/buildpacksio_lifecycle/launcher/sbom.spdx.json',
      'layers/sbom/launch/buildpacksio_lifecycle/launcher/sbom.syft.json',
      'layers/sbom/launch/samples_one/runtime/sbom.cdx.json',
      'layers/sbom/launch/sbom.legacy.json',
    ]);
    expect(readFileSync(at('out/layers/sbom/launch/samples_one/runtime/sbom.cdx.json'), 'utf8')).toBe('{"bomFormat":"CycloneDX"}');
    expect(existsSync(at('out/layers/sbom/launch/old.json'))).toBe(false);
  });

  it('says that there is none', async () => {
    await expect(downloadSbom(await syntheticImage('plain'), 'plain', at('out'))).rejects.toMatchObject({ code: 'SBOM_MISSING' });
    expect(existsSync(at('out'))).toBe(false);
  });
});

describe('findImage()', () => {
  const ports = (more: Partial<FindImagePorts> = {}): FindImagePorts => ({
    home: fixture.home,
    store: fixture.store,
    platform: PLATFORM,
    registry: async () => memoryStore().store,
    daemon: async () => undefined,
    ...more,
  });
  const find = (image: string, more: Partial<FindImagePorts> = {}, remote = false) => findImage({ image, remote, insecureRegistries: [] }, ports(more));

  it('finds it by name, image ID, the digits it begins with, manifest digest and layout', async () => {
    const { imageId, manifestDigest } = await fixture.build({ outputs: [{ kind: 'oci', path: at('layout') }] });
    const digits = imageId.slice('sha256:'.length);
    for (const text of [NAME, imageId, digits, digits.slice(0, 8), manifestDigest!, `oci:${at('layout')}`, `oci:${at('layout')}:1`]) {
      expect((await find(text)).image.imageId, text).toBe(imageId);
    }
    expect(await find(NAME)).toMatchObject({ name: NAME, place: 'local store' });
    expect(await find(`oci:${at('layout')}:1`)).toMatchObject({ place: `oci:${at('layout')}` });
  });

  it('asks the local store, then the daemon, then the registry', async () => {
    const [daemon, registry] = [memoryStore(), memoryStore()];
    const more: Partial<FindImagePorts> = { daemon: async () => ({ name: 'Fake daemon', images: daemon.store }), registry: async () => registry.store };
    await expect(find(NAME, more)).rejects.toMatchObject({
      code: 'IMAGE_NOT_FOUND',
      message: expect.stringMatching(/local store or Fake daemon or the registry example\.com/) as string,
    });
    const image = await syntheticImage('other');
    await registry.store.write(image, [parseImageReference(NAME)]);
    expect((await find(NAME, more)).place).toBe('registry example.com');
    await daemon.store.write(image, [parseImageReference(NAME)]);
    expect((await find(NAME, more)).place).toBe('Fake daemon');
    await fixture.build();
    expect((await find(NAME, more)).place).toBe('local store');
    expect((await find(NAME, more, true)).place).toBe('registry example.com');
    expect((await find(`docker:${NAME}`, more)).place).toBe('Fake daemon');
    await expect(find(`docker:${NAME}`)).rejects.toMatchObject({ code: 'DAEMON_UNREACHABLE' });
  });

  it('says that an image is nowhere when its registry does not answer', async () => {
    const registry = () => Promise.reject(Object.assign(new Error('connection refused'), { code: 'ECONNREFUSED' }));
    await expect(find(NAME, { registry })).rejects.toThrow('connection refused');
  });
});

async function* bytesOf(file: string): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(readFileSync(file));
}
