import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { digestHex, systemClock } from '../../src/foundation/index.ts';
import { createHttpClient } from '../../src/http/index.ts';
import { downloadMergedSbom, findImage } from '../../src/platform/index.ts';
import { ANONYMOUS, createRegistryStore } from '../../src/registry/index.ts';
import { encodeSbom } from '../../src/sbom/index.ts';
import { openSbomStore } from '../../src/store/index.ts';
import { BuildFixture, writing } from '../support/build-fixture.ts';
import { startFakeRegistry } from '../support/fake-registry.ts';
import { syntheticImage } from '../support/synthetic-image.ts';
import type { SbomDocument, SbomFormat } from '../../src/sbom/index.ts';

let fixture: BuildFixture;
beforeEach(() => {
  fixture = new BuildFixture();
  fixture.buildpack('samples/one', {
    info: 'sbom-formats = ["application/vnd.cyclonedx+json", "application/vnd.syft+json"]',
    build: writing({
      'runtime.toml': '[types]\nlaunch = true\n',
      'runtime/file': 'x',
      'runtime.sbom.cdx.json': encodeSbom('cyclonedx', documentOf('runtime', 'pkg:generic/runtime@1')),
      'runtime.sbom.syft.json': encodeSbom('syft', documentOf('not read', 'pkg:generic/other@1')),
      'launch.sbom.syft.json': encodeSbom('syft', documentOf('web', 'pkg:npm/web@2')),
    }),
  });
});
afterEach(() => fixture.remove());

const NAME = 'example.com/team/app:1';
const at = (name: string) => join(fixture.root, name);
const documentOf = (name: string, purl: string): SbomDocument => ({
  subject: { name: 'layer' },
  tool: { name: 'test', version: '1' },
  components: [{ type: 'library', name, version: purl.split('@')[1]!, purl }],
});

async function download(image: string, formats: readonly SbomFormat[], registry = async () => openRegistry(), remote = false) {
  const ports = { home: fixture.home, store: fixture.store, platform: { os: 'linux', architecture: 'amd64' }, daemon: async () => undefined, registry };
  const found = await findImage({ image, remote, insecureRegistries: [] }, ports);
  await downloadMergedSbom(found, { directory: at('out'), formats }, { home: fixture.home, sboms: openSbomStore(fixture.home), version: '1.2.3' });
  return readFileSync(at(`out/${readdirSync(at('out')).sort()[0]}`), 'utf8');
}

const openRegistry = () =>
  createRegistryStore({
    http: createHttpClient({ userAgent: 'test', clock: systemClock }),
    keychain: ANONYMOUS,
    clock: systemClock,
    compressor: fixture.store.compressor,
  });

const names = (cdx: string) => (JSON.parse(cdx) as { components: { name: string }[] }).components.map(({ name }) => name).sort();

describe('the merged bill of materials', () => {
  it('lies in the store: what buildpacks wrote in their best format, once for each image, and no more in the image', async () => {
    const { imageId } = await fixture.build();
    expect(names(await download(NAME, ['cyclonedx']))).toEqual(['launcher', 'runtime', 'web']);
    expect(readdirSync(join(fixture.home.store, 'sbom'))).toEqual([`${digestHex(imageId)}.json`]);
    expect(fixture.homeHolds('not read').filter((file) => file.includes('/sbom/'))).toEqual([]);
    expect((await fixture.build()).imageId).toBe(imageId);
    fixture.write('source/app.txt', 'changed');
    const changed = await fixture.build();
    expect(readdirSync(join(fixture.home.store, 'sbom'))).toEqual([`${digestHex(changed.imageId)}.json`]);
    const document = JSON.parse(await download(NAME, ['cyclonedx'])) as { metadata: { component: object } };
    expect(document.metadata.component).toMatchObject({ name: 'example.com/team/app', version: changed.imageId });
  });

  it('lies in layouts and registries, beside an image that has not changed', async () => {
    await using registry = await startFakeRegistry({ referrers: false });
    const image = `${registry.host}/app:1`;
    const { imageId, manifestDigest } = await fixture.build(
      { image, outputs: [{ kind: 'registry' }, { kind: 'oci', path: at('layout') }] },
      { registry: async () => openRegistry() },
    );
    const local = await download(image, ['cyclonedx']);
    // What is beside the image is taken as it is, not made anew.
    openSbomStore(fixture.home).write(imageId, JSON.stringify(documentOf('of the store', 'pkg:npm/store@1')), []);
    expect(await download(image, ['cyclonedx'])).toContain('of the store');
    expect(await download(image, ['cyclonedx'], async () => openRegistry(), true)).toBe(local);
    expect(await download(`oci:${at('layout')}`, ['cyclonedx'])).toBe(local);
    expect(names(local)).toEqual(['launcher', 'runtime', 'web']);
    expect(registry.tags('app')).toEqual(['1', manifestDigest!.replace(':', '-')].sort());
    expect(registry.violations).toEqual([]);
  });

  it('is missing from a registry that takes no artifacts, which is a warning', async () => {
    await using registry = await startFakeRegistry({
      failures: Array.from({ length: 9 }, () => ({ when: (method, path) => method === 'PUT' && path.includes('/manifests/sha256:'), status: 400 })),
    });
    await fixture.build({ image: `${registry.host}/app:1`, outputs: [{ kind: 'registry' }] }, { registry: async () => openRegistry() });
    expect(registry.tags('app')).toEqual(['1']);
    expect(fixture.told()).toContainEqual(expect.stringMatching(/^The bill of materials is not in 127\.0\.0\.1:\d+\/app, only the image: Cannot push/));
  });

  it('says when nothing can be known', async () => {
    await fixture.store.write(await syntheticImage('plain'), [{ registry: 'example.com', repository: 'plain', tag: '1' }]);
    await expect(download('example.com/plain:1', ['spdx'])).rejects.toMatchObject({ code: 'SBOM_MISSING' });
  });
});
