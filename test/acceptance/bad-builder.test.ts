import { copyFileSync, mkdirSync, mkdtempSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createHttpClient } from '../../src/http/index.ts';
import { createOciArchive, parseImageReference } from '../../src/oci/index.ts';
import { ANONYMOUS, createRegistryStore } from '../../src/registry/index.ts';
import { startFakeRegistry } from '../support/fake-registry.ts';
import { buildpackFiles } from '../support/foreign-builder-fixture.ts';
import { sandboxObstacle } from '../support/sandbox-root.ts';
import { skipWithout } from '../support/requirement.ts';
import { expectIntactStore } from '../support/test-home.ts';
import { makeTinyBuilders } from '../support/tiny-builder.ts';
import type { TinyBuilderOptions, TinyBuilders } from '../support/tiny-builder.ts';
import { expectFailure, lastLine, runTspack, testHome } from '../support/tspack-command.ts';
import type { Ended } from '../support/tspack-command.ts';

const place = mkdtempSync(join(tmpdir(), 'tspack-bad-builder-'));
const at = (name: string) => join(place, name);
const obstacle = sandboxObstacle();
/** 10 MB and a little more. */
const BIG = '# padding, padding, padding\n'.repeat(370_000);
/** Speaks the Platform API that system buildpacks came with. */
const LIFECYCLE = { version: '0.21.0', apis: { buildpack: { supported: ['0.10'] }, platform: { supported: ['0.15'] } } };
const SYSTEM_CLOCK = { now: () => new Date() };
const ORDER = '[[order]]\n[[order.group]]\nid = "acme/one"\nversion = "1.0.0"\n';

describe.skipIf(skipWithout(obstacle ?? 'a sandbox', obstacle === undefined))('a builder that is not whole', () => {
  let tiny: TinyBuilders;
  beforeAll(async () => {
    mkdirSync(at('app'));
    writeFileSync(at('app/file'), 'app');
    tiny = await makeTinyBuilders(place);
  });
  afterAll(() => rmSync(place, { recursive: true, force: true }));

  const buildWith = (builder: string, ...more: readonly string[]): Promise<Ended> =>
    runTspack(['build', 'tiny', '--builder', builder, '--run-image', tiny.runImage, '--path', at('app'), ...more]);
  const build = async (options: TinyBuilderOptions, ...more: readonly string[]) => buildWith(await tiny.builder(options), ...more);

  const file = (name: string, text: string): TinyBuilderOptions => ({ files: { [name]: text } });

  it('builds when it is whole, also with keys that nobody knows', async () => {
    lastLine(await build({}));
    const unknown = 'unknown = 1\n[other]\na = []\n';
    const files = { 'cnb/order.toml': unknown + ORDER, 'cnb/run.toml': unknown, 'cnb/stack.toml': unknown, 'cnb/system.toml': unknown };
    lastLine(await build({ files, metadata: { unknown: { a: 1 } } }));
  });

  it.each<[string, TinyBuilderOptions, number, RegExp]>([
    ['order.toml that is cut', file('cnb/order.toml', '[[order]\n'), 1, /order\.toml:1/],
    ['order.toml with wrong types', file('cnb/order.toml', 'order = 5\n'), 1, /order\.toml.*want/],
    [
      'order.toml with wrong types deeper',
      file('cnb/order.toml', '[[order]]\n[[order.group]]\nid = 5\nversion = []\noptional = "x"\n'),
      1,
      /order\.toml.*group\[0\]/,
    ],
    ['order.toml with a table twice', file('cnb/order.toml', `${ORDER}[a]\n[a]\n`), 1, /order\.toml.*redefine/],
    ['order.toml of 10 MB', file('cnb/order.toml', ORDER + BIG), 1, /as a builder: .*order\.toml.*larger than 10000000 bytes/],
    ['an order that names what is not there', file('cnb/order.toml', ORDER.replaceAll('acme/one', 'acme/none')), 22, /acme\/none/],
    ['run.toml with wrong types', file('cnb/run.toml', 'images = "x"\n'), 1, /run\.toml.*images/],
    ['run.toml with a table twice', file('cnb/run.toml', '[a]\n[a]\n'), 1, /run\.toml.*redefine/],
    ['run.toml of 10 MB', file('cnb/run.toml', BIG), 1, /as a builder: .*run\.toml.*larger than 10000000 bytes/],
    ['system.toml with wrong types', file('cnb/system.toml', '[system]\npre = 5\n'), 1, /system\.toml.*pre/],
    ['system.toml with a table twice', file('cnb/system.toml', '[a]\n[a]\n'), 1, /system\.toml.*redefine/],
    ['system.toml of 10 MB', file('cnb/system.toml', BIG), 1, /as a builder: .*system\.toml.*larger than 10000000 bytes/],
    [
      'system.toml that names what is not there',
      { ...file('cnb/system.toml', '[[system.pre.buildpacks]]\nid = "acme/none"\nversion = "1"\n'), metadata: { lifecycle: LIFECYCLE } },
      22,
      /acme\/none/,
    ],
    [
      'stack.toml with wrong types',
      { files: { 'cnb/run.toml': '', 'cnb/stack.toml': 'run-image = 5\n' }, metadata: { images: [] } },
      1,
      /stack\.toml.*run-image/,
    ],
    [
      'stack.toml of 10 MB',
      { files: { 'cnb/run.toml': '', 'cnb/stack.toml': BIG }, metadata: { images: [] } },
      1,
      /as a builder: .*stack\.toml.*larger than 10000000 bytes/,
    ],
    ['a label that is not JSON', { labels: { 'io.buildpacks.builder.metadata': '{"a":' } }, 1, /builder\.metadata/],
    ['a label with wrong types', { metadata: { lifecycle: 5, images: {} } }, 1, /lifecycle/],
    ['a label of buildpacks that is not JSON', { labels: { 'io.buildpacks.buildpack.layers': 'x' } }, 1, /buildpack\.layers/],
    ['a label of the order with wrong types', { labels: { 'io.buildpacks.buildpack.order': '{"group":1}' } }, 1, /buildpack\.order/],
    ['a label of system buildpacks that is not JSON', { labels: { 'io.buildpacks.buildpack.system': '[' } }, 1, /buildpack\.system/],
    ['no label', { labels: { 'io.buildpacks.builder.metadata': '' } }, 1, /builder/],
    ['no lifecycle', { metadata: { lifecycle: {} } }, 1, /no lifecycle/],
    [
      'a Platform API to come',
      { metadata: { lifecycle: { apis: { buildpack: { supported: ['0.10'] }, platform: { supported: ['0.99'] } } } } },
      11,
      /Platform API 0\.99/,
    ],
    [
      'a Buildpack API to come',
      { metadata: { lifecycle: { apis: { buildpack: { supported: ['0.99'] }, platform: { supported: ['0.12'] } } } } },
      12,
      /Buildpack API 0\.99/,
    ],
    ['no user', { env: ['CNB_GROUP_ID=1000'] }, 1, /CNB_USER_ID is not set/],
    ['a user that is no number', { env: ['CNB_USER_ID=me', 'CNB_GROUP_ID=1000'] }, 1, /CNB_USER_ID is "me"/],
    ['another architecture', { architecture: 's390x' }, 1, /it is for linux\/s390x/],
    ['a buildpack whose buildpack.toml is cut', { files: buildpackFiles('acme/one', '1.0.0', { 'buildpack.toml': '[buildpack\n' }) }, 1, /buildpack\.toml/],
    ['a buildpack whose buildpack.toml has 10 MB', { files: buildpackFiles('acme/one', '1.0.0', { 'buildpack.toml': BIG }) }, 1, /larger than 10000000 bytes/],
  ])('%s', async (_title, options, code, message) => {
    expectFailure(await build(options), code, message);
  });

  /** A builder with an extension that acme/one wants, with these files in its folder. */
  const withExtension = (files: Readonly<Record<string, string>>): TinyBuilderOptions => {
    const folder = 'cnb/extensions/acme_ext/1.0.0';
    const extension = {
      'extension.toml': 'api = "0.10"\n[extension]\nid = "acme/ext"\nversion = "1.0.0"\n',
      'detect/plan.toml': '[[provides]]\nname = "tool"\n',
      'generate/run.Dockerfile': 'ARG base_image\nFROM ${base_image}\n',
      ...files,
    };
    const wants = `#!/bin/sh\nprintf '[[requires]]\\nname = "tool"\\n' > "$CNB_BUILD_PLAN_PATH"\n`;
    return {
      files: {
        ...buildpackFiles('acme/one', '1.0.0', { 'bin/detect': wants }),
        ...Object.fromEntries(Object.entries(extension).map(([name, text]) => [`${folder}/${name}`, text])),
        'cnb/order.toml': `${ORDER}[[order-extensions]]\n[[order-extensions.group]]\nid = "acme/ext"\nversion = "1.0.0"\n`,
      },
    };
  };

  it.each<[string, Readonly<Record<string, string>>, number, RegExp]>([
    ['extension.toml that is cut', { 'extension.toml': '[extension\n' }, 1, /extension\.toml:1/],
    ['extension.toml with wrong types', { 'extension.toml': 'api = "0.10"\n[extension]\nid = 5\nversion = []\n' }, 52, /extension\.id: want a string/],
    ['extension.toml of 10 MB', { 'extension.toml': BIG }, 1, /extension\.toml.*larger than 10000000 bytes/],
    ['extension.toml of an API to come', { 'extension.toml': 'api = "0.99"\n[extension]\nid = "acme/ext"\nversion = "1.0.0"\n' }, 12, /0\.99/],
    ['a plan of an extension with wrong types', { 'detect/plan.toml': 'provides = 5\n' }, 20, /provides/],
    ['extend-config.toml with wrong types', { 'generate/extend-config.toml': '[build]\nargs = 5\n' }, 92, /extend-config\.toml.*args/],
    ['extend-config.toml with a table twice', { 'generate/extend-config.toml': '[build]\n[build]\n' }, 92, /extend-config\.toml.*redefine/],
    ['extend-config.toml of 10 MB', { 'generate/extend-config.toml': BIG }, 92, /extend-config\.toml.*larger than 10000000 bytes/],
    ['a Dockerfile that is none', { 'generate/run.Dockerfile': 'HELLO\n' }, 92, /run\.Dockerfile|HELLO/],
  ])('%s', async (_title, files, code, message) => {
    expectFailure(await build(withExtension(files)), code, message);
  });

  it.each<[string, string, number, RegExp]>([
    ['that is cut', '[_\n', 3, /project\.toml:1/],
    [
      'with wrong types',
      '[_]\nschema-version = "0.2"\n[io.buildpacks]\nbuilder = 5\ngroup = "x"\n',
      3,
      /io\.buildpacks\.group: want .*io\.buildpacks\.builder: want /,
    ],
    ['with a table twice', '[_]\nschema-version = "0.2"\n[a]\n[a]\n', 3, /project\.toml.*redefine/],
    ['of a schema to come', '[_]\nschema-version = "9.9"\n', 3, /9\.9/],
    ['of 10 MB', BIG, 3, /project\.toml.*larger than 10000000 bytes/],
  ])('project.toml %s', async (_title, text, code, message) => {
    writeFileSync(at('descriptor.toml'), text);
    expectFailure(await build({}, '--descriptor', at('descriptor.toml')), code, new RegExp(message.source.replace('project', '(?:project|descriptor)')));
  });

  it('an archive that is cut, or is none', async () => {
    const { image } = tiny;
    const whole = at('builder.tar');
    await writeFile(whole, (await createOciArchive([{ image: await image(), references: [parseImageReference('tests/tiny:1')] }], tiny.compressor)).open());
    lastLine(await buildWith(`oci-archive:${whole}`));
    const { size } = statSync(whole);
    for (const left of [0, 700, Math.floor(size / 2)]) {
      const cut = at(`cut-${left}.tar`);
      copyFileSync(whole, cut);
      truncateSync(cut, left);
      expectFailure(await buildWith(`oci-archive:${cut}`), 1, /Cannot (read|extract|find|use)/);
      expectFailure(await buildWith(`docker-archive:${cut}`), 1, /Cannot (read|extract|find|use)/);
    }
  });

  it('a registry that vanishes while its builder is fetched, and is back', async () => {
    await using registry = await startFakeRegistry();
    const name = `${registry.host}/builder:1`;
    const pushed = createRegistryStore({
      http: createHttpClient({ userAgent: 'test', clock: SYSTEM_CLOCK }),
      keychain: ANONYMOUS,
      clock: SYSTEM_CLOCK,
      compressor: tiny.compressor,
    });
    await pushed.write(await tiny.image(file('etc/marker', name)), [parseImageReference(name)]);
    const [, layer] = layersOf(registry.manifest('builder', '1')!.bytes);
    const gone = { when: (method: string, path: string) => method === 'GET' && path.includes(layer!), status: 404 };
    registry.switches.failures.push(gone, gone, gone, gone);
    expectFailure(await buildWith(name), 1, new RegExp(`Cannot find blob ${layer}`));
    registry.switches.failures.length = 0;
    lastLine(await buildWith(name));
  });

  it('a previous image whose blobs its registry has lost: built again, and whole', async () => {
    await using registry = await startFakeRegistry();
    const name = `${registry.host}/app:1`;
    const builder = await tiny.builder();
    const publish = () => runTspack(['build', name, '--builder', builder, '--run-image', tiny.runImage, '--path', at('app'), '--publish']);
    const first = lastLine(await publish());
    for (const layer of layersOf(registry.manifest('app', '1')!.bytes)) {
      registry.forgetBlob('app', layer);
      expect(lastLine(await publish())).toBe(first);
      expect(registry.blob('app', layer)).toBeDefined();
    }
    const { config } = JSON.parse(registry.manifest('app', '1')!.bytes.toString()) as { config: { digest: string } };
    registry.forgetBlob('app', config.digest);
    expect(lastLine(await publish())).toBe(first);
    expect(registry.blob('app', config.digest)).toBeDefined();
  });

  it('none of them has left anything that is not whole', async () => {
    lastLine(await build({}));
    await expectIntactStore(testHome());
  });
});

const layersOf = (manifest: Buffer) => (JSON.parse(manifest.toString()) as { layers: { digest: string }[] }).layers.map(({ digest }) => digest);
