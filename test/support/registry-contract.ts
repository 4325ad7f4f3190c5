import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { digestOf, systemClock } from '../../src/foundation/index.ts';
import { createHttpClient } from '../../src/http/index.ts';
import {
  MEDIA_TYPES,
  createArtifact,
  createIndexOf,
  createLayerCompressor,
  openBlobDirectory,
  parseImageReference,
  validateImage,
} from '../../src/oci/index.ts';
import type { Descriptor, Image, ImageReference } from '../../src/oci/index.ts';
import { createDockerKeychain, createRegistryStore } from '../../src/registry/index.ts';
import type { RegistryEvent, RegistryStore } from '../../src/registry/index.ts';
import { startBreakingWire } from './breaking-wire.ts';
import { syntheticImage } from './synthetic-image.ts';

/** A registry that runs, and the base64 of `user:password` when it asks for them. */
export interface RegistryUnderTest extends AsyncDisposable {
  readonly host: string;
  readonly auth?: string;
}

const AMD64 = { os: 'linux', architecture: 'amd64' };
const ARM64 = { os: 'linux', architecture: 'arm64' };
const LARGE = { layers: 1, layerBytes: 3_000_000 };

/** What every registry and tspack must do together. */
export function describeRegistryContract(title: string, start: (directory: string) => Promise<RegistryUnderTest>): void {
  describe(title, () => {
    let directory: string;
    let registry: RegistryUnderTest;
    beforeAll(async () => {
      directory = mkdtempSync(join(tmpdir(), 'tspack-contract-'));
      registry = await start(directory);
    });
    afterAll(async () => {
      await registry[Symbol.asyncDispose]();
      rmSync(directory, { recursive: true, force: true });
    });

    /** A store that knows nothing of what others did. Blobs above `monolithicBytes` are sent by PATCH. */
    function open({ host = registry.host, monolithicBytes }: { readonly host?: string; readonly monolithicBytes?: number } = {}): RegistryStore & {
      outcomes(): string[];
    } {
      const events: RegistryEvent[] = [];
      const login = join(directory, 'config.json');
      writeFileSync(login, JSON.stringify(registry.auth === undefined ? {} : { auths: { [host]: { auth: registry.auth } } }));
      const store = createRegistryStore({
        http: createHttpClient({ userAgent: 'tspack-test', clock: systemClock }),
        keychain: createDockerKeychain({ files: [login], runHelper: () => Promise.reject(new Error('no helper')) }),
        clock: systemClock,
        compressor: createLayerCompressor(openBlobDirectory(join(directory, 'blobs'))),
        events: (event) => events.push(event),
        ...(monolithicBytes === undefined ? {} : { monolithicBytes }),
      });
      return { ...store, outcomes: () => events.flatMap((event) => (event.kind === 'registry-blob' ? [event.outcome] : [])) };
    }
    const name = (text: string, host = registry.host): ImageReference => parseImageReference(`${host}/${text}`);
    async function expectSame(image: Image | undefined, original: Image): Promise<void> {
      expect(image?.imageId).toBe(original.imageId);
      expect(await validateImage(image!)).toEqual([]);
    }

    it.each([
      ['in one request', undefined],
      ['by PATCH', 1000],
    ] as const)('keeps an image, its blobs sent %s', async (_title, monolithicBytes) => {
      const image = await syntheticImage(`plain ${monolithicBytes}`, { layers: 3, layerBytes: 300_000 });
      const reference = name(`plain/app:${monolithicBytes ?? 0}`);
      const written = await open(monolithicBytes === undefined ? {} : { monolithicBytes }).write(image, [reference, name('plain/app:again')]);
      await expectSame(await open().read(reference, AMD64), image);
      expect(await open().resolve(reference)).toEqual(written);
      expect((await open().resolve(name('plain/app:again')))?.digest).toBe(written.digest);
      await expectSame(await open().read({ registry: registry.host, repository: 'plain/app', digest: written.digest }, AMD64), image);
      const again = open();
      await again.write(image, [reference]);
      expect(again.outcomes()).toEqual(['present', 'present', 'present', 'present']);
    });

    it('has nothing where nothing was put', async () => {
      const store = open();
      expect(await store.read(name('no/such:1'), AMD64)).toBeUndefined();
      expect(await store.resolve(name('no/such:1'))).toBeUndefined();
      const place = store.repository(name('no/such'));
      const missing = { mediaType: MEDIA_TYPES.ociLayerTar, digest: digestOf('nothing'), size: 7 };
      expect(await place.has(missing)).toBe(false);
      await expect(place.open(missing)[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 'BLOB_NOT_FOUND' });
    });

    it('lets what may be pushed be pushed, and leaves nothing of the question', async () => {
      await open().repository(name('asked/app')).verifyPushAccess();
      expect(await open().resolve(name('asked/app:latest'))).toBeUndefined();
    });

    it('mounts between repositories', async () => {
      const image = await syntheticImage('mounted');
      await open().write(image, [name('mount/base:1')]);
      const store = open();
      await store.write((await store.read(name('mount/base:1'), AMD64))!, [name('mount/derived:1')]);
      // Some show the blobs of every repository in each.
      expect(store.outcomes()).not.toContain('uploaded');
      await expectSame(await open().read(name('mount/derived:1'), AMD64), image);
    });

    it('gives the image for the platform, from an index in an index too', async () => {
      const store = open();
      const images = [await syntheticImage('amd64'), await syntheticImage('arm64', { config: { architecture: 'arm64' } })] as const;
      const [amd64, arm64] = [await store.write(images[0], [name('index/app:amd64')]), await store.write(images[1], [name('index/app:arm64')])];
      const inner = createIndexOf({
        manifests: [
          { ...amd64, platform: AMD64 },
          { ...arm64, platform: ARM64 },
        ],
      });
      await store.writeIndex(inner, [name('index/app:all')]);
      expect((await open().readIndex(name('index/app:all')))?.descriptor).toEqual(inner.descriptor);
      await expectSame(await open().read(name('index/app:all'), ARM64), images[1]);
      expect(await open().platforms(name('index/app:all'))).toEqual([AMD64, ARM64]);
      await store.writeIndex(createIndexOf({ manifests: [inner.descriptor] }), [name('index/app:outer')]);
      await expectSame(await open().read(name('index/app:outer'), AMD64), images[0]);
    });

    it('keeps an image of Docker as it is, in a list of manifests', async () => {
      const image = await syntheticImage('docker');
      const store = open();
      await store.write(image, [name('docker/app:oci')]);
      const { layers } = (await store.read(name('docker/app:oci'), AMD64))!;
      const place = store.repository(name('docker/app'));
      const put = async (reference: string, mediaType: string, content: object): Promise<Descriptor> => {
        const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, ...content }));
        const descriptor = { mediaType, digest: digestOf(bytes), size: bytes.length };
        await place.putManifest(reference, descriptor, bytes);
        return descriptor;
      };
      const manifest = await put('docker', MEDIA_TYPES.dockerManifest, {
        config: { mediaType: MEDIA_TYPES.dockerConfig, digest: image.imageId, size: image.configBytes.length },
        layers: layers.map(({ blob }) => ({ mediaType: MEDIA_TYPES.dockerLayerGzip, digest: blob!.digest, size: blob!.size })),
      });
      await put('list', MEDIA_TYPES.dockerManifestList, { manifests: [{ ...manifest, platform: AMD64 }] });
      for (const tag of ['docker', 'list']) {
        const read = await open().read(name(`docker/app:${tag}`), AMD64);
        await expectSame(read, image);
        expect(read!.manifest!.descriptor).toEqual(manifest);
      }
    });

    it('finds what refers to an image, by its API or by the tag that stands in', async () => {
      const store = open();
      const reference = name('referred/app:1');
      const subject = await store.write(await syntheticImage('subject'), [reference]);
      const artifact = (mediaType: string, text: string) => createArtifact({ mediaType, bytes: Buffer.from(text), fileName: 'f' }, subject);
      await store.attach(reference, subject.digest, artifact('text/a', 'of a kind'));
      await store.attach(reference, subject.digest, artifact('text/b', 'of another'));
      const read = async (type: string) => (await open().readArtifact(reference, subject.digest, type))?.toString();
      expect(await read('text/a')).toBe('of a kind');
      expect(await read('text/b')).toBe('of another');
      expect(await read('text/c')).toBeUndefined();
      expect((await open().resolve(reference))?.digest).toBe(subject.digest);
    });

    it('gets uploads and downloads through connections that break', async () => {
      const image = await syntheticImage('broken', LARGE);
      const port = Number(registry.host.split(':')[1]);
      await using upwards = await startBreakingWire(port, { up: [1_000_000, 1_500_000] });
      await open({ host: upwards.host, monolithicBytes: 1000 }).write(image, [name('broken/app:1', upwards.host)]);
      expect(upwards.broken()).toBe(2);
      await using downwards = await startBreakingWire(port, { down: [1_000_000, 700_000] });
      await expectSame(await open({ host: downwards.host }).read(name('broken/app:1', downwards.host), AMD64), image);
      expect(downwards.broken()).toBe(2);
    });

    it('refuses content that is not what it is called', async () => {
      const place = open().repository(name('lie/app'));
      const descriptor = { mediaType: MEDIA_TYPES.ociLayerTar, digest: digestOf('what it is called'), size: 7 };
      const lie = async function* () {
        yield Buffer.from('another');
      };
      await expect(place.push(descriptor, lie)).rejects.toMatchObject({ registry: registry.host });
      expect(await open().repository(name('lie/app')).has(descriptor)).toBe(false);
    });

    it('takes the same blob from several at once', async () => {
      const image = await syntheticImage('together', LARGE);
      await Promise.all(['a', 'b', 'c'].map((tag) => open({ monolithicBytes: 1000 }).write(image, [name(`together/app:${tag}`)])));
      await expectSame(await open().read(name('together/app:c'), AMD64), image);
    });
  });
}
