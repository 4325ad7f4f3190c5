import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { packageRoot, systemClock } from '../../../src/foundation/index.ts';
import { createHttpClient } from '../../../src/http/index.ts';
import { createLayerCompressor, openBlobDirectory, parseImageReference, validateImage } from '../../../src/oci/index.ts';
import type { Image, ImageConfig } from '../../../src/oci/index.ts';
import { ANONYMOUS, createRegistryStore } from '../../../src/registry/index.ts';
import { startFakeRegistry } from '../../support/fake-registry.ts';
import { appOn, metadataOf, runImage } from '../../support/rebase-fixture.ts';
import { createReferenceRoot, referenceObstacle } from '../../support/reference-lifecycle.ts';
import { findProgram, skipWithout } from '../../support/requirement.ts';

const obstacle = referenceObstacle();
const home = mkdtempSync(join(tmpdir(), 'tspack-rebaser-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

const AMD64 = { os: 'linux', architecture: 'amd64' };
const STACK = { 'io.buildpacks.stack.id': 'example.stack' };
const base = (version: string) => ({
  'io.buildpacks.base.id': 'example.base',
  'io.buildpacks.base.distro.name': 'debian',
  'io.buildpacks.base.distro.version': '13',
  'io.buildpacks.base.released': version,
});
const START: Partial<ImageConfig> = { created: '2024-05-06T07:08:09Z' };

interface Attempt {
  readonly code: number;
  readonly image: Image | undefined;
  readonly output: string;
  readonly report: string;
}

describe.skipIf(skipWithout(`what the reference rebaser needs (${obstacle})`, obstacle === undefined))('tspack rebase beside the reference', () => {
  async function comparison(options: {
    readonly old: Readonly<Record<string, string>>;
    readonly fresh: Readonly<Record<string, string>>;
    readonly platformApi?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly freshConfig?: Partial<ImageConfig>;
  }) {
    const registry = await startFakeRegistry();
    const place = mkdtempSync(join(home, 'run-'));
    const store = createRegistryStore({
      http: createHttpClient({ userAgent: 'test', clock: systemClock }),
      keychain: ANONYMOUS,
      clock: systemClock,
      compressor: createLayerCompressor(openBlobDirectory(join(place, 'store'))),
    });
    const names = { app: `${registry.host}/team/app:1`, run: `${registry.host}/base/run:1`, other: `${registry.host}/other/run:2` };
    const old = await runImage('old', { labels: options.old, config: START });
    const fresh = await runImage('new', { labels: options.fresh, layers: 3, config: { ...START, ...options.freshConfig } });
    const app = await appOn(old, {
      ...(options.platformApi === undefined ? {} : { platformApi: options.platformApi }),
      ...(options.labels === undefined ? {} : { labels: options.labels }),
      change: (label) => ({
        ...label,
        runImage: { ...label.runImage, image: names.run, mirrors: ['mirror.example/run'] },
        stack: { runImage: { image: names.run, mirrors: ['mirror.example/run'] } },
      }),
    });
    await store.write(app, [parseImageReference(names.app)]);
    await store.write(fresh, [parseImageReference(names.run), parseImageReference(names.other)]);
    const read = (name: string) => store.read(parseImageReference(`${registry.host}/${name}`), AMD64);
    return {
      names,
      registry,
      fresh,
      async rebaser(...args: readonly string[]): Promise<Attempt> {
        const root = createReferenceRoot(mkdtempSync(join(place, 'reference-')), 'launcher');
        const output = `${registry.host}/team/by-rebaser:1`;
        try {
          const printed = await root.phase('rebaser', '0.14', [
            '-uid',
            '1001',
            '-gid',
            '1000',
            '-report',
            '/layers/report.toml',
            '-previous-image',
            names.app,
            ...args,
            output,
          ]);
          return { code: 0, image: await read('team/by-rebaser:1'), output: printed, report: readFileSync(root.at('layers/report.toml'), 'utf8') };
        } catch (error) {
          const { code, stderr } = error as { code: number; stderr: string };
          return { code, image: undefined, output: stderr, report: '' };
        }
      },
      async tspack(...args: readonly string[]): Promise<Attempt> {
        const [output, reports] = [`${registry.host}/team/by-tspack:1`, join(place, 'reports')];
        const command = [
          join(packageRoot(), 'bin/tspack'),
          'rebase',
          output,
          '--publish',
          '--previous-image',
          names.app,
          '--report-output-dir',
          reports,
          ...args,
        ];
        const env = { ...process.env, TSPACK_HOME: join(place, 'home') };
        try {
          const { stderr } = await promisify(execFile)(process.execPath, command, { env });
          return { code: 0, image: await read('team/by-tspack:1'), output: stderr, report: readFileSync(join(reports, 'report.toml'), 'utf8') };
        } catch (error) {
          const { code, stderr } = error as { code: number; stderr: string };
          return { code, image: undefined, output: stderr, report: '' };
        }
      },
      [Symbol.asyncDispose]: () => registry[Symbol.asyncDispose](),
    };
  }

  /** Everything of the images is equal, save the history's texts: the reference empties them, the specification does not. */
  async function expectEqual(ours: Image | undefined, reference: Image | undefined): Promise<void> {
    if (ours === undefined || reference === undefined) throw new Error('both made an image');
    const readable = (image: Image): Record<string, unknown> => {
      const config = JSON.parse(Buffer.from(image.configBytes).toString()) as { history: readonly { readonly created: string }[] };
      return { ...config, history: config.history.map(({ created }) => ({ created })) };
    };
    expect(ours.layers.map(({ diffId, blob }) => [diffId, blob?.digest])).toEqual(reference.layers.map(({ diffId, blob }) => [diffId, blob?.digest]));
    expect(readable(ours)).toEqual(readable(reference));
    expect(JSON.stringify(readable(ours))).toBe(JSON.stringify(readable(reference)));
    expect(ours.config.history?.slice(-1)).toMatchObject([{ created_by: 'config' }]);
    expect(reference.config.history?.slice(-1)).toEqual([{ created: '1980-01-01T00:00:01Z' }]);
    expect(await validateImage(ours)).toEqual([]);
  }

  for (const api of ['0.12', '0.15']) {
    it(`makes the same image and report of an image of Platform API ${api}`, { timeout: 60_000 }, async () => {
      await using both = await comparison({ old: base('yesterday'), fresh: base('today'), platformApi: api });
      const reference = await both.rebaser();
      const ours = await both.tspack();
      expect(reference.output).toContain('Saving');
      await expectEqual(ours.image, reference.image);
      const report = (attempt: Attempt, name: string) =>
        attempt.report
          .replace(attempt.image!.manifest!.descriptor.digest, '<digest>')
          .replace(String(attempt.image!.manifest!.descriptor.size), '<size>')
          .replace(name, '<name>')
          .replace(/[ \n]+/g, ' ')
          .trim();
      expect(report(ours, `${both.registry.host}/team/by-tspack:1`)).toBe(
        report(reference, `${both.registry.host}/team/by-rebaser:1`).replace(/\["(.*?)"\]/, '[ "$1" ]'),
      );
    });
  }

  it('makes the same image of one that knows only stacks, and refuses the same', { timeout: 60_000 }, async () => {
    await using fitting = await comparison({ old: STACK, fresh: { ...STACK, 'io.buildpacks.stack.mixins': '["curl"]' }, platformApi: '0.11' });
    await expectEqual((await fitting.tspack()).image, (await fitting.rebaser()).image);
    await using other = await comparison({ old: STACK, fresh: { 'io.buildpacks.stack.id': 'another' }, platformApi: '0.11' });
    expect([(await other.tspack('--force')).code, (await other.rebaser('-force')).code]).toEqual([72, 72]);
  });

  it('refuses and forces an unknown run image alike', { timeout: 60_000 }, async () => {
    await using both = await comparison({ old: base('yesterday'), fresh: base('today') });
    const { other } = both.names;
    expect([(await both.tspack('--run-image', other)).code, (await both.rebaser('-run-image', other)).code]).toEqual([72, 72]);
    const ours = await both.tspack('--run-image', other, '--force');
    await expectEqual(ours.image, (await both.rebaser('-run-image', other, '-force')).image);
    expect(metadataOf(ours.image!).runImage.image).toBe(other);
  });

  it('refuses and forces an image that is not rebasable, and another distribution, alike', { timeout: 60_000 }, async () => {
    await using fixed = await comparison({ old: base('yesterday'), fresh: base('today'), labels: { 'io.buildpacks.rebasable': 'false' } });
    expect([(await fixed.tspack()).code, (await fixed.rebaser()).code]).toEqual([72, 72]);
    await expectEqual((await fixed.tspack('--force')).image, (await fixed.rebaser('-force')).image);
    await using moved = await comparison({ old: base('yesterday'), fresh: { ...base('today'), 'io.buildpacks.base.distro.version': '14' } });
    expect([(await moved.tspack()).code, (await moved.rebaser()).code]).toEqual([72, 72]);
    await expectEqual((await moved.tspack('--force')).image, (await moved.rebaser('-force')).image);
  });

  it('differs by design: a newer tag of the same base needs no force, and a variant is kept', { timeout: 60_000 }, async () => {
    await using both = await comparison({ old: base('yesterday'), fresh: base('today'), freshConfig: { variant: 'v2' } });
    const newer = both.names.run.replace(/:1$/, ':1.0.1');
    const bytes = both.registry.manifest('base/run', '1')!;
    both.registry.putManifest('base/run', '1.0.1', bytes.mediaType, bytes.bytes);
    expect((await both.rebaser('-run-image', newer)).code).toBe(72);
    const ours = await both.tspack('--run-image', newer);
    expect(ours.code).toBe(0);
    expect(metadataOf(ours.image!).runImage.image).toBe(newer);
    expect(ours.image!.config.variant).toBe('v2');
    expect((await both.rebaser('-force')).image!.config.variant).toBeUndefined();
  });

  const pack = findProgram('pack');
  it.skipIf(skipWithout('pack', pack !== undefined))('makes the image of pack rebase --publish', { timeout: 60_000 }, async () => {
    await using both = await comparison({ old: base('yesterday'), fresh: base('today') });
    const ours = await both.tspack();
    await promisify(execFile)(pack!, ['rebase', both.names.app, '--publish'], {
      env: { ...process.env, PACK_HOME: join(home, 'pack'), DOCKER_HOST: 'unix:///nowhere' },
    });
    const byPack = await createRegistryStore({
      http: createHttpClient({ userAgent: 'test', clock: systemClock }),
      keychain: ANONYMOUS,
      clock: systemClock,
      compressor: createLayerCompressor(openBlobDirectory(join(home, 'read'))),
    }).read(parseImageReference(both.names.app), AMD64);
    await expectEqual(ours.image, byPack);
  });
});
