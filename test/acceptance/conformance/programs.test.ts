import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../../../src/foundation/index.ts';
import { parseImageReference } from '../../../src/oci/index.ts';
import { openConformanceRegistry } from '../../support/conformance/compare.ts';
import { createConformanceRoot } from '../../support/conformance/root.ts';
import { assembleTestLifecycle, openPrograms } from '../../support/phase-programs.ts';
import type { ProgramName } from '../../support/phase-programs.ts';
import { referenceObstacle } from '../../support/reference-lifecycle.ts';
import { skipWithout } from '../../support/requirement.ts';
import { syntheticImage } from '../../support/synthetic-image.ts';

const obstacle = referenceObstacle();
const home = mkdtempSync(join(tmpdir(), 'tspack-programs-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

interface Call {
  readonly phase: ProgramName;
  /** `REGISTRY` stands for the address of the registry. */
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, string>>;
  readonly exitCode: number;
  /** Of tspack, where that of the reference is none of the specification. */
  readonly tspack?: number;
}

const app = 'REGISTRY/app:latest';
const identity = ['-uid', '1001', '-gid', '1000'];
const CALLS: Readonly<Record<string, Call>> = {
  'no platform API': { phase: 'analyzer', args: [app], env: { CNB_PLATFORM_API: '' }, exitCode: 11 },
  'a platform API that is none': { phase: 'detector', args: [], env: { CNB_PLATFORM_API: 'next' }, exitCode: 11 },
  'a newer platform API, before the flags are looked at': { phase: 'exporter', args: ['-nonsense'], env: { CNB_PLATFORM_API: '0.16' }, exitCode: 11 },
  'the version': { phase: 'builder', args: ['-version'], exitCode: 0 },
  'an unknown flag': { phase: 'restorer', args: ['-nonsense'], exitCode: 2 },
  'a flag of a newer platform API': { phase: 'analyzer', args: [...identity, '-layout', app], env: { CNB_PLATFORM_API: '0.11' }, exitCode: 2 },
  'no image': { phase: 'analyzer', args: identity, exitCode: 3 },
  'two images': { phase: 'analyzer', args: [...identity, app, app], exitCode: 3 },
  'an image that is none': { phase: 'analyzer', args: [...identity, 'NO Image'], exitCode: 3 },
  'a tag of another registry': { phase: 'analyzer', args: [...identity, '-run-image', 'REGISTRY/run:latest', '-tag', 'other.example/app:1', app], exitCode: 3 },
  'an argument that the detector does not take': { phase: 'detector', args: ['more'], exitCode: 3 },
  'an argument that the builder does not take': { phase: 'builder', args: ['more'], exitCode: 3 },
  'a layout without the experimental mode': {
    phase: 'analyzer',
    args: [...identity, '-layout', '-layout-dir', '/layout', '-run-image', 'run', 'app'],
    env: { CNB_EXPERIMENTAL_MODE: 'error' },
    exitCode: 1,
  },
  'a layout without its folder': { phase: 'analyzer', args: [...identity, '-layout', '-run-image', 'run', 'app'], exitCode: 1, tspack: 3 },
  'the exporter without an image': { phase: 'exporter', args: identity, exitCode: 3 },
  'the analyzer with everything, skipping layers': {
    phase: 'analyzer',
    args: [...identity, '-skip-layers', '-run-image', 'REGISTRY/run:latest', app],
    exitCode: 0,
  },
  'an environment variable in the place of a flag': { phase: 'analyzer', args: [...identity, app], env: { CNB_RUN_IMAGE: 'REGISTRY/run:latest' }, exitCode: 0 },
  'credentials that are no JSON': {
    phase: 'analyzer',
    args: [...identity, app],
    env: { CNB_REGISTRY_AUTH: '{' },
    exitCode: 3,
  },
  'extensions in the creator': {
    phase: 'creator',
    args: [...identity, '-run-image', 'REGISTRY/run:latest', app],
    files: {
      'cnb/order.toml':
        '[[order]]\n[[order.group]]\nid = "test/a"\nversion = "1"\n[[order-extensions]]\n[[order-extensions.group]]\nid = "test/e"\nversion = "1"\n',
    },
    exitCode: 22,
  },
};

describe.skipIf(skipWithout(`what the conformance suite needs (${obstacle})`, obstacle === undefined))('programs of both lifecycles, called with', () => {
  let lifecycle: string;
  beforeAll(async () => {
    lifecycle = await assembleTestLifecycle(home);
  }, 60_000);

  it.each(Object.entries(CALLS))('%s', { timeout: 60_000 }, async (_title, { phase, args, env = {}, files = {}, exitCode, tspack = exitCode }) => {
    await using registry = await openConformanceRegistry(mkdtempSync(join(home, 'registry-')));
    const withHost = (text: string): string => text.replaceAll('REGISTRY', registry.host);
    await registry.store.write(await syntheticImage('run', { config: { config: { Env: ['PATH=/usr/bin:/bin'] } } }), [
      parseImageReference(withHost('REGISTRY/run:latest')),
    ]);
    const scenario = {
      platformApi: '0.14',
      buildpacks: [{ name: 'test/a@1', api: '0.10' }],
      extensions: [{ name: 'test/e@1', files: { 'detect/plan.toml': '' } }],
    };
    const ended = [];
    for (const owner of ['reference', 'tspack'] as const) {
      const place = mkdtempSync(join(home, 'root-'));
      mkdirSync(join(place, 'root'));
      const root = createConformanceRoot(
        join(place, 'root'),
        scenario,
        withHost('REGISTRY/run:latest'),
        join(packageRoot(), 'launcher/bin/launcher-linux-amd64'),
      );
      root.startRound(1);
      for (const [path, text] of Object.entries(files)) writeFileSync(root.at(path), text);
      const set = Object.fromEntries(Object.entries(env).map(([name, value]) => [name, withHost(value)]));
      const words = args[0] === '-version' ? args : ['-layers', '/layers', ...args.map(withHost)];
      const end = await openPrograms(root, lifecycle, '0.14').run(owner, phase, words, set);
      ended.push({ owner, exitCode: end.exitCode, written: readdirSync(root.at('layers')).sort(), said: `${end.stdout}${end.stderr}` });
    }
    const said = ended.map(({ owner, said: text }) => `${owner}: ${text}`).join('\n');
    expect(
      ended.map((end) => end.exitCode),
      said,
    ).toEqual([exitCode, tspack]);
    expect(ended[1]?.written, said).toEqual(ended[0]?.written);
  });
});
