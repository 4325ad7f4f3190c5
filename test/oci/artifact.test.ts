import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { digestOf } from '../../src/foundation/index.ts';
import {
  attachToLayout,
  createArtifact,
  createLayerCompressor,
  openBlobDirectory,
  openLayoutStore,
  parseImageReference,
  readIndex,
  readLayoutArtifacts,
} from '../../src/oci/index.ts';
import { syntheticImage } from '../support/synthetic-image.ts';

let root: string;
beforeEach(() => (root = mkdtempSync(join(tmpdir(), 'tspack-artifact-'))));
afterEach(() => rmSync(root, { recursive: true }));

const PLATFORM = { os: 'linux', architecture: 'amd64' };
const layout = () => openLayoutStore({ directory: join(root, 'layout'), compressor: createLayerCompressor(openBlobDirectory(join(root, 'other'))) });
const subject = { mediaType: 'application/vnd.oci.image.manifest.v1+json', digest: digestOf('image'), size: 5 };
const artifact = (text: string, of = subject, mediaType = 'application/spdx+json') =>
  createArtifact({ mediaType, bytes: Buffer.from(text), fileName: 'sbom.spdx.json' }, of);

describe('createArtifact()', () => {
  it('is a manifest that names its file and its image, the same every time', () => {
    const { descriptor, bytes, blobs } = artifact('{"x":1}');
    expect(JSON.parse(Buffer.from(bytes).toString())).toEqual({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      artifactType: 'application/spdx+json',
      config: { mediaType: 'application/vnd.oci.empty.v1+json', digest: digestOf('{}'), size: 2 },
      layers: [
        { mediaType: 'application/spdx+json', digest: digestOf('{"x":1}'), size: 7, annotations: { 'org.opencontainers.image.title': 'sbom.spdx.json' } },
      ],
      subject,
    });
    expect(descriptor.digest).toBe(digestOf(bytes));
    expect(blobs.map((blob) => blob.descriptor.size)).toEqual([2, 7]);
    expect(artifact('{"x":1}').descriptor).toEqual(descriptor);
  });
});

describe('attachToLayout()', () => {
  it('lies beside the image, which stays the only one', async () => {
    const image = await syntheticImage('a');
    const manifest = await layout().write(image, [parseImageReference('app:1')]);
    attachToLayout(join(root, 'layout'), [artifact('one', manifest), artifact('cdx', manifest, 'application/vnd.cyclonedx+json')]);
    attachToLayout(join(root, 'layout'), [artifact('two', manifest)]);
    const read = (type: string) => readLayoutArtifacts(join(root, 'layout'), manifest.digest, type).map(String);
    expect(read('application/spdx+json')).toEqual(['two']);
    expect(read('application/vnd.cyclonedx+json')).toEqual(['cdx']);
    expect((await layout().readOnly(PLATFORM))!.imageId).toBe(image.imageId);
    expect(layout().platforms(undefined)).toEqual([PLATFORM]);
  });

  it('goes with the image that it refers to', async () => {
    const [first, second] = [await syntheticImage('a'), await syntheticImage('b')];
    const old = await layout().write(first, [parseImageReference('app:1')]);
    attachToLayout(join(root, 'layout'), [artifact('old', old)]);
    const manifest = await layout().write(second, [parseImageReference('app:1')]);
    attachToLayout(join(root, 'layout'), [artifact('new', manifest)]);
    expect(readLayoutArtifacts(join(root, 'layout'), old.digest, 'application/spdx+json')).toEqual([]);
    expect(readIndex(join(root, 'layout'))).toHaveLength(2);
    expect(readdirSync(join(root, 'layout', 'blobs/sha256')).length).toBeGreaterThan(4);
    expect(readFileSync(join(root, 'layout', 'oci-layout'), 'utf8')).toContain('imageLayoutVersion');
  });
});
