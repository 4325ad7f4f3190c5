import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/foundation/index.ts';
import { createHttpClient } from '../../src/http/index.ts';
import { createArtifact, createLayerCompressor, openBlobDirectory, parseImageReference } from '../../src/oci/index.ts';
import { ANONYMOUS, createRegistryStore } from '../../src/registry/index.ts';
import { startFakeRegistry } from '../support/fake-registry.ts';
import { syntheticImage } from '../support/synthetic-image.ts';

const directory = mkdtempSync(join(tmpdir(), 'tspack-referrers-'));
afterAll(() => rmSync(directory, { recursive: true }));

const CDX = 'application/vnd.cyclonedx+json';
const open = () =>
  createRegistryStore({
    http: createHttpClient({ userAgent: 'test', clock: systemClock }),
    keychain: ANONYMOUS,
    clock: systemClock,
    compressor: createLayerCompressor(openBlobDirectory(directory)),
  });

describe.each([
  ['with the referrers API', true],
  ['without it, by the tag that stands in', false],
])('artifacts in a registry %s', (_, referrers) => {
  it('are found by the image that they refer to, the newest of a kind', async () => {
    await using registry = await startFakeRegistry({ referrers });
    const name = parseImageReference(`${registry.host}/app:1`);
    const image = await syntheticImage('a');
    const store = open();
    const manifest = await store.write(image, [name]);
    const artifact = (text: string, mediaType = CDX) => createArtifact({ mediaType, bytes: Buffer.from(text), fileName: 'sbom.json' }, manifest);
    await store.attach(name, manifest.digest, artifact('spdx', 'application/spdx+json'));
    await store.attach(name, manifest.digest, artifact('first'));
    await store.attach(name, manifest.digest, artifact('first'));
    const read = async (type: string) => (await open().readArtifact(name, manifest.digest, type))?.toString();
    expect(await read(CDX)).toBe('first');
    expect(await read('application/spdx+json')).toBe('spdx');
    expect(await read('application/other')).toBeUndefined();
    await store.attach(name, manifest.digest, artifact('second'));
    expect(await read(CDX)).toBe('second');
    expect(registry.tags('app')).toEqual(referrers ? ['1'] : ['1', manifest.digest.replace(':', '-')].sort());
    expect(registry.violations).toEqual([]);
    // The image itself has not changed.
    expect((await open().resolve(name))?.digest).toBe(manifest.digest);
  });
});
