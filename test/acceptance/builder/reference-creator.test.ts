import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { extractTar } from '../../../src/archive/index.ts';
import { createBuilder, readBundledBuildpacks } from '../../../src/builder/index.ts';
import { packageRoot, systemClock } from '../../../src/foundation/index.ts';
import { createLayerCompressor, parseImageReference, validateImage } from '../../../src/oci/index.ts';
import { ANONYMOUS, createRegistryStore } from '../../../src/registry/index.ts';
import { startFakeRegistry } from '../../support/fake-registry.ts';
import { machineArchitecture, realBuilders, sandboxArguments } from '../../support/real-builder.ts';
import { findProgram, skipWithout } from '../../support/requirement.ts';

const run = promisify(execFile);
const kept = process.env['TSPACK_TEST_CACHE'];
const home = kept ?? mkdtempSync(join(tmpdir(), 'tspack-creator-'));
const creator = findProgram('creator');
const lifecycle = creator === undefined ? undefined : join(dirname(creator), 'lifecycle.tgz');
const architecture = machineArchitecture();
const isPossible = architecture !== undefined && lifecycle !== undefined && existsSync(lifecycle);
afterAll(() => {
  if (kept === undefined) rmSync(home, { recursive: true, force: true });
});

describe.skipIf(skipWithout('the reference lifecycle (lifecycle.tgz beside creator)', isPossible))(
  'a builder made by tspack, under the reference creator',
  () => {
    it('builds a Node application, twice, the second time from the cache', { timeout: 600_000 }, async () => {
      const builders = realBuilders(home);
      await using registry = await startFakeRegistry();
      const store = createRegistryStore({ http: builders.client, keychain: ANONYMOUS, clock: systemClock, compressor: createLayerCompressor(builders.blobs) });
      const { image: runImage } = await builders.runImage('base', architecture!);
      await store.write(runImage, [parseImageReference(`${registry.host}/run-base:trixie`)]);
      const [buildImage, node, toolbox] = await Promise.all([
        builders.buildImage('base', architecture!),
        builders.node('base', architecture!),
        builders.toolbox(architecture!),
      ]);
      const builder = builders.builder('base');
      const image = await createBuilder({
        builder,
        architecture: architecture!,
        buildImage,
        node,
        buildpacks: readBundledBuildpacks(builder, join(packageRoot(), 'dist/buildpacks')),
        lifecycle: lifecycle!,
        runImage: `${registry.host}/run-base:trixie`,
        layerWriter: builders.layerWriter,
        workDirectory: join(home, 'work'),
        createdBy: { name: 'tspack', version: '0.0.0' },
      });
      expect(await validateImage(image)).toEqual([]);

      const place = mkdtempSync(join(home, 'creator-'));
      const root = join(place, 'root');
      for (const layer of image.layers) await extractTar(layer.openTar(), root, { dropLeadingSlash: true, symlinks: 'any' });
      const app = join(place, 'app');
      for (const folder of [app, join(place, 'layers'), join(place, 'cache'), join(place, 'platform/env')]) mkdirSync(folder, { recursive: true });
      writeFileSync(
        join(app, 'package.json'),
        JSON.stringify({ name: 'hello', version: '1.0.0', engines: { node: '22.x' }, scripts: { start: 'node server.js' } }),
      );
      writeFileSync(
        join(app, 'server.js'),
        'require("node:http").createServer((request, response) => response.end("hello")).listen(process.env.PORT ?? 8080);\n',
      );
      const bundle = '/etc/ssl/certs/ca-certificates.crt';
      if (existsSync(bundle)) writeFileSync(join(place, 'platform/env/NODE_EXTRA_CA_CERTS'), bundle);

      const create = async () => {
        const mounts = [
          ...(['app:/workspace', 'layers:/layers'] as const).flatMap((pair) => ['--bind', join(place, pair.split(':')[0]!), pair.split(':')[1]!]),
          '--ro-bind',
          join(place, 'platform'),
          '/platform',
          '--bind',
          join(place, 'cache'),
          '/mnt',
        ];
        const env = { ...buildImage.env, CNB_PLATFORM_API: '0.14', CNB_REGISTRY_AUTH: '{}' };
        const [file, ...prefix] = toolbox.bubblewrap;
        const command = ['/cnb/lifecycle/creator', '-app', '/workspace', '-cache-dir', '/mnt', `${registry.host}/app:latest`];
        return (await run(file!, [...prefix, ...sandboxArguments(root, mounts, env), '--', ...command], { env: {}, maxBuffer: 1 << 28 })).stdout;
      };
      const first = await create();
      expect(first).toContain('tspack/nodejs');
      expect(first).toMatch(/Setting default process type 'web'/);
      const second = await create();
      expect(second).toMatch(/Reusing layer 'tspack\/nodejs:/);

      const built = await store.read(parseImageReference(`${registry.host}/app:latest`), { os: 'linux', architecture: architecture! });
      expect(await validateImage(built!)).toEqual([]);
      expect(built!.layers.slice(0, runImage.layers.length).map(({ diffId }) => diffId)).toEqual(runImage.layers.map(({ diffId }) => diffId));
      expect(registry.violations).toEqual([]);
    });
  },
);
