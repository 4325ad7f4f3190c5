import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeBuildpack } from '../support/buildpack-folder.ts';
import type { BuildpackFiles } from '../support/buildpack-folder.ts';
import { startFakeRegistry } from '../support/fake-registry.ts';
import { expectIntactStore } from '../support/test-home.ts';
import { expectFailure, imageIdOf, lastLine, runTspack, testHome } from '../support/tspack-command.ts';
import type { Ended } from '../support/tspack-command.ts';

const place = mkdtempSync(join(tmpdir(), 'tspack-bad-buildpack-'));
const app = join(place, 'app');
let made = 0;

beforeAll(() => {
  mkdirSync(app);
  writeFileSync(join(app, 'file'), 'app');
});
afterAll(() => rmSync(place, { recursive: true, force: true }));

function build(files: BuildpackFiles, image = 'bad', ...more: readonly string[]): Promise<Ended> {
  const buildpack = writeBuildpack(join(place, `buildpack-${(made += 1)}`), files);
  return runTspack(['build', image, '--builder', 'base', '--path', app, '--buildpack', buildpack, ...more]);
}

const MODULE = (text: string) => `api = "0.12"\n[buildpack]\nid = "tests/one"\nversion = "1.0.0"\n${text}`;
/** 10 MB and a little more. */
const BIG = '# padding, padding, padding\n'.repeat(370_000);

describe('a buildpack that is not whole', () => {
  it.each<[string, BuildpackFiles, number, RegExp]>([
    ['without bin/build', { build: null }, 1, /has no bin\/build/],
    ['without bin/detect', { detect: null }, 21, /it has no bin\/detect/],
    ['whose programs are not executable', { mode: 0o644 }, 1, /is not executable.*\n.*chmod \+x/],
    [
      'whose bin/build has no interpreter',
      { build: '#!/no/such/interpreter\n' },
      51,
      /bin\/build of buildpack tests\/one@1\.0\.0: Cannot start .*no such file/,
    ],
    ['whose bin/detect has no interpreter', { detect: '#!/no/such/interpreter\n' }, 21, /failed: Cannot start .*bin\/detect.*no such file/],
    ['whose buildpack.toml is cut', { toml: 'api = "0.12"\n[buildpack\n' }, 1, /buildpack\.toml:2:11/],
    ['whose buildpack.toml has a table twice', { toml: MODULE('[buildpack]\nname = "x"\n') }, 1, /buildpack\.toml.*redefine/],
    ['whose buildpack.toml has wrong types', { toml: 'api = "0.12"\n[buildpack]\nid = 5\nversion = true\n' }, 52, /buildpack\.id: want a string, not a number/],
    ['whose buildpack.toml has 10 MB', { toml: MODULE(BIG) }, 1, /buildpack\.toml.*larger than 10000000 bytes/],
    ['of an API to come', { toml: 'api = "0.99"\n[buildpack]\nid = "tests/one"\nversion = "1.0.0"\n' }, 12, /API "0\.99" is not supported/],
  ])('%s: is named', async (_title, files, code, message) => expectFailure(await build(files), code, message));

  it('may say more in buildpack.toml than the specification knows', async () => {
    lastLine(await build({ toml: MODULE('unknown = 1\n[[targets]]\nos = "linux"\nmore = "x"\n[other]\na = []\n') }));
  });
});

describe('files that a buildpack writes', () => {
  const writes = (file: string, text: string): BuildpackFiles => ({
    build: `#!/bin/bash\nmkdir -p "$CNB_LAYERS_DIR/x"\ncat > "$CNB_LAYERS_DIR/${file}" <<'END'\n${text}\nEND\n`,
  });
  const plans = (text: string): BuildpackFiles => ({ detect: `#!/bin/bash\ncat > "$CNB_BUILD_PLAN_PATH" <<'END'\n${text}\nEND\n` });

  it.each([
    ['launch.toml', '[[processes]]\ntype = 5\ncommand = "x"\n', /processes\[0\]\.type: want a string, not a number; processes\[0\]\.command: want a list/],
    ['launch.toml', '[[labels]]\nkey = 1\n[[slices]]\npaths = "x"\n', /labels\[0\]\.key.*slices\[0\]\.paths/],
    ['build.toml', '[[unmet]]\nname = []\n', /unmet\[0\]\.name: want a string, not a list/],
    ['store.toml', 'metadata = 5\n', /store\.toml: metadata: want a table, not a number/],
    ['x.toml', '[types]\nlaunch = true\n[types]\ncache = true\n', /x\.toml.*redefine/],
    ['x.toml', 'launch = true\n', /launch: must be in the \[types\] table/],
    ['x.toml', '[types]\nlaunch = "yes"\n', /types\.launch: want true or false/],
  ])('%s with %j: exit 52, and whose it is', async (file, text, message) => {
    const ended = await build(writes(file, text));
    expectFailure(ended, 52, message);
    expect(ended.stderr).toMatch(/^Next step: .*author of buildpack tests\/one@1\.0\.0/m);
  });

  it.each(['launch.toml', 'build.toml', 'store.toml', 'x.toml'])('%s of 10 MB: exit 52', async (file) => {
    const pad = `#!/bin/bash\nmkdir -p "$CNB_LAYERS_DIR/x"\nyes '# padding' | head -c 10500000 > "$CNB_LAYERS_DIR/${file}"\n`;
    expectFailure(await build({ build: pad }), 52, /larger than 10000000 bytes/);
  });

  it('may say more than the specification knows', async () => {
    for (const file of ['launch.toml', 'build.toml', 'store.toml']) lastLine(await build(writes(file, 'unknown = 1\n[[more]]\na = 1\n')));
    lastLine(await build(writes('x.toml', '[types]\nlaunch = true\nother = 1\n[more]\na = 1\n')));
  });

  it.each([
    ['wrong types', plans('provides = 5'), /provides: want a list of tables, not a number/],
    ['a table twice', plans('[a]\n[a]'), /redefine/],
    ['10 MB', { detect: `#!/bin/bash\nyes '# padding' | head -c 10500000 > "$CNB_BUILD_PLAN_PATH"\n` }, /larger than 10000000 bytes/],
  ])('a build plan with %s: exit 21', async (_title, files, message) => expectFailure(await build(files), 21, message));
});

/** A layer that is taken from the previous image when it can be, and one that the cache holds. */
const REUSES: BuildpackFiles = {
  build: `#!/bin/bash
if [ -f "$CNB_LAYERS_DIR/launched.toml" ]; then echo "launched: reused"; else echo "launched: made"; mkdir "$CNB_LAYERS_DIR/launched"; echo launched > "$CNB_LAYERS_DIR/launched/file"; fi
if [ -f "$CNB_LAYERS_DIR/cached/file" ]; then echo "cached: restored"; else echo "cached: made"; mkdir -p "$CNB_LAYERS_DIR/cached"; echo cached > "$CNB_LAYERS_DIR/cached/file"; fi
printf '[types]\\nlaunch = true\\n[metadata]\\na = 1\\n' > "$CNB_LAYERS_DIR/launched.toml"
printf '[types]\\nlaunch = true\\ncache = true\\n[metadata]\\na = 1\\n' > "$CNB_LAYERS_DIR/cached.toml"
`,
};
const said = ({ stderr }: Ended) => [...stderr.matchAll(/^(launched|cached): (\w+)$/gm)].map(([line]) => line);

/** Removes the tar of the layer with this name from the store; returns how much was there. */
function loseStoredLayer(image: string, layer: string): void {
  const store = join(testHome(), 'store');
  const blob = (digest: string) => join(store, 'blobs', digest.replace(':', '/'));
  const read = (file: string) => JSON.parse(readFileSync(file, 'utf8')) as never;
  const { manifests } = read(join(store, 'index.json')) as { manifests: { digest: string; annotations?: Record<string, string> }[] };
  const entry = manifests.find(({ annotations }) => annotations?.['org.opencontainers.image.ref.name']?.endsWith(`/${image}:latest`) === true)!;
  const manifest = read(blob(entry.digest)) as { config: { digest: string } };
  const { config } = read(blob(manifest.config.digest)) as { config: { Labels: Record<string, string> } };
  const label = JSON.parse(config.Labels['io.buildpacks.lifecycle.metadata']!) as { buildpacks: { layers: Record<string, { sha: string }> }[] };
  rmSync(blob(label.buildpacks[0]!.layers[layer]!.sha));
}

describe('what earlier builds left', () => {
  it('an image that has lost a layer: a warning, and the layer is made again', async () => {
    const first = await build(REUSES, 'lossy');
    lastLine(first);
    expect(said(await build(REUSES, 'lossy'))).toEqual(['launched: reused', 'cached: restored']);
    loseStoredLayer('lossy', 'launched');
    const ended = await build(REUSES, 'lossy');
    lastLine(ended);
    expect(ended.stderr).toContain('Not restoring metadata for "tests/one:launched", the previous image has lost the layer');
    expect(said(ended)).toEqual(['launched: made', 'cached: restored']);
    expect(imageIdOf(ended)).toBe(imageIdOf(first));
    await expectIntactStore(testHome());
  });

  it('a cache folder that is damaged: a warning, and the layer is made again', async () => {
    const folder = join(place, 'cache-folder');
    const withCache = () => build(REUSES, 'foldered', '--cache', `type=build;format=bind;source=${folder}`);
    lastLine(await withCache());
    expect(said(await withCache())).toEqual(['launched: reused', 'cached: restored']);
    const committed = join(folder, 'build-cache/committed');
    const tar = join(
      committed,
      readdirSync(committed).find((name) => name.endsWith('.tar'))!,
    );
    writeFileSync(tar, readFileSync(tar).subarray(0, 600));
    const damaged = await withCache();
    lastLine(damaged);
    expect(damaged.stderr).toMatch(/Warning: Skipping restore for layer tests\/one:cached: /);
    expect(said(damaged)).toEqual(['launched: reused', 'cached: made']);
    writeFileSync(join(committed, 'io.buildpacks.lifecycle.cache.metadata'), '{"buildpacks": 5}');
    expect(said(await withCache())).toEqual(['launched: reused', 'cached: made']);
    expect(said(await withCache())).toEqual(['launched: reused', 'cached: restored']);
  });

  it('a cache image of another application, no cache at all, or with lost blobs: never fatal', async () => {
    await using registry = await startFakeRegistry();
    const cache = `${registry.host}/cache:latest`;
    const publish = (image: string) => build(REUSES, `${registry.host}/${image}`, '--publish', '--cache-image', cache);
    const first = await publish('one');
    lastLine(first);
    expect(said(await publish('one'))).toEqual(['launched: reused', 'cached: restored']);

    // Another application: its image knows nothing of the layers; what the cache has is the buildpack's to judge.
    const other = await publish('two');
    lastLine(other);
    expect(said(other)).toEqual(['launched: made', 'cached: restored']);
    expect(imageIdOf(other)).toBe(imageIdOf(first));

    const manifest = registry.manifest('cache', 'latest')!;
    registry.putManifest('cache', 'latest', manifest.mediaType, registry.manifest('one', 'latest')!.bytes);
    const noCache = await publish('one');
    lastLine(noCache);
    expect(noCache.stderr).toMatch(/Warning: Ignoring cache image ".*cache.*": /);
    expect(said(noCache)).toEqual(['launched: reused', 'cached: made']);

    const [blob] = (JSON.parse(registry.manifest('cache', 'latest')!.bytes.toString()) as { layers: { digest: string }[] }).layers;
    registry.switches.failures.push(
      ...Array.from({ length: 4 }, () => ({ when: (method: string, path: string) => method === 'GET' && path.includes(blob!.digest), status: 404 })),
    );
    const lost = await publish('one');
    lastLine(lost);
    expect(lost.stderr).toMatch(/Warning: Skipping restore for layer tests\/one:cached: /);
    expect(said(lost)).toEqual(['launched: reused', 'cached: made']);
    registry.switches.failures.length = 0;
    expect(said(await publish('one'))).toEqual(['launched: reused', 'cached: restored']);
  });
});
