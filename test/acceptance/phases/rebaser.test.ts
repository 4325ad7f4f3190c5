import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseReportToml } from '../../../src/cnb/index.ts';
import { packageRoot } from '../../../src/foundation/index.ts';
import { parseImageReference } from '../../../src/oci/index.ts';
import { openConformanceRegistry } from '../../support/conformance/compare.ts';
import { createConformanceRoot } from '../../support/conformance/root.ts';
import { assembleTestLifecycle, openPrograms } from '../../support/phase-programs.ts';
import { appOn, runImage } from '../../support/rebase-fixture.ts';
import { referenceObstacle } from '../../support/reference-lifecycle.ts';
import { skipWithout } from '../../support/requirement.ts';
import type { Image } from '../../../src/oci/index.ts';
import type { PhaseOwner } from '../../support/phase-programs.ts';

const obstacle = referenceObstacle();
const home = mkdtempSync(join(tmpdir(), 'tspack-rebaser-program-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

const LABELS = { 'io.buildpacks.base.id': 'example.base', 'io.buildpacks.base.distro.name': 'debian', 'io.buildpacks.base.distro.version': '13' };
const OTHER = { ...LABELS, 'io.buildpacks.base.distro.version': '12' };

/** The reference empties the texts of the history, against the specification. */
function readable(image: Image | undefined): unknown {
  if (image === undefined) return undefined;
  const { history, ...config } = JSON.parse(Buffer.from(image.configBytes).toString()) as { readonly history: readonly object[] };
  return { ...config, entries: history.length, blobs: image.layers.map(({ blob }) => blob?.digest) };
}

describe.skipIf(skipWithout(`what the rebasers need (${obstacle})`, obstacle === undefined))('the rebaser programs of both lifecycles', () => {
  let lifecycle: string;
  beforeAll(async () => {
    lifecycle = await assembleTestLifecycle(home);
  }, 60_000);

  it.each([
    ['put an image on the run image that its label names', LABELS, [], 0],
    ['refuse another distribution', OTHER, ['-run-image', 'REGISTRY/team/run:1'], 1],
    ['take another distribution by force', OTHER, ['-run-image', 'REGISTRY/team/run:1', '-force'], 0],
    ['want one name of a run image', LABELS, ['-run-image', 'REGISTRY/team/run:1', '-image', 'REGISTRY/team/run:1'], 3],
    ['find no run image', LABELS, ['-run-image', 'REGISTRY/team/none:1'], 1],
  ] as const)('%s', { timeout: 60_000 }, async (_title, labels, args, ended) => {
    await using registry = await openConformanceRegistry(mkdtempSync(join(home, 'registry-')));
    const name = (path: string) => `${registry.host}/team/${path}:1`;
    const app = await appOn(await runImage('old', { labels: LABELS }), {
      platformApi: '0.14',
      change: (label) => ({
        ...label,
        runImage: { ...label.runImage, image: name('run'), mirrors: [] },
        stack: { runImage: { image: name('run'), mirrors: [] } },
      }),
    });
    await registry.store.write(app, [parseImageReference(name('app'))]);
    await registry.store.write(await runImage('new', { labels, layers: 3 }), [parseImageReference(name('run'))]);
    const seen = [];
    for (const owner of ['reference', 'tspack'] as const satisfies readonly PhaseOwner[]) {
      const place = mkdtempSync(join(home, 'root-'));
      mkdirSync(join(place, 'root'));
      const launcher = join(packageRoot(), 'launcher/bin/launcher-linux-amd64');
      const root = createConformanceRoot(join(place, 'root'), { platformApi: '0.14', buildpacks: [] }, name('run'), launcher);
      root.startRound(1);
      const given = ['-uid', '1001', '-gid', '1000', '-report', '/layers/report.toml', '-previous-image', name('app')];
      const words = args.map((text) => text.replace('REGISTRY', registry.host));
      const end = await openPrograms(root, lifecycle, '0.14').run(owner, 'rebaser', [...given, ...words, name(`by-${owner}`)]);
      const image = await registry.store.read(parseImageReference(name(`by-${owner}`)), { os: 'linux', architecture: 'amd64' });
      const report = end.exitCode === 0 ? parseReportToml(readFileSync(root.at('layers/report.toml'), 'utf8'), 'report.toml').image : { tags: [] };
      const shape = { tags: report.tags.map((tag) => tag.replace(owner, 'owner')), keys: Object.keys(report).sort() };
      seen.push({ owner, said: `${end.stdout}${end.stderr}`, isOk: end.exitCode === 0, exitCode: end.exitCode, image: readable(image), report: shape });
    }
    const [reference, tspack] = seen;
    expect(tspack!.isOk, `${reference!.said}\n${tspack!.said}`).toBe(ended === 0);
    expect(tspack!.isOk).toBe(reference!.isOk);
    expect({ image: tspack!.image, report: tspack!.report }).toEqual({ image: reference!.image, report: reference!.report });
    if (ended === 3) expect(tspack!.exitCode).toBe(3);
  });
});
