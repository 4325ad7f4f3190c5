import { describe, expect, it } from 'vitest';
import {
  chooseNodeVersion,
  findVersionRequests,
  nearestNodeVersions,
  RELEASE_SCHEDULE,
  type ReleaseSchedule,
} from '../../../buildpacks/nodejs/src/node-version.ts';
import { parseManifest } from '../../../buildpacks/nodejs/src/manifest.ts';

const schedule: ReleaseSchedule = new Map([
  [18, { lts: '2022-10-25', end: '2025-04-30', codename: 'Hydrogen' }],
  [20, { lts: '2023-10-24', end: '2026-04-30', codename: 'Iron' }],
  [22, { lts: '2024-10-29', end: '2027-04-30', codename: 'Jod' }],
  [23, { end: '2025-06-01' }],
  [24, { lts: '2025-10-28', end: '2028-04-30', codename: 'Krypton' }],
  [25, { end: '2026-06-01' }],
]);
const offered = ['18.19.0', '18.20.8', '20.9.0', '20.19.5', '22.1.0', '22.21.0', '23.11.1', '24.1.0', '24.11.1', '25.2.0', '26.0.0-rc.1'];
const today = new Date('2025-11-20');

function choose(text: string | undefined, date = today) {
  return chooseNodeVersion(text === undefined ? undefined : { text, source: '.nvmrc' }, offered, date, schedule);
}

describe('chooseNodeVersion()', () => {
  it.each([
    [undefined, '24.11.1', 'the newest LTS version on 2025-11-20; the application asks for none'],
    ['>=18', '24.11.1', 'the newest LTS version for ">=18" in .nvmrc'],
    ['>=0.10.0', '24.11.1', 'the newest LTS version for ">=0.10.0" in .nvmrc'],
    ['20.x', '20.19.5', 'the newest for "20.x" in .nvmrc'],
    ['20 || 22', '22.21.0', 'the newest for "20 || 22" in .nvmrc'],
    ['>=25', '25.2.0', 'the newest for ">=25" in .nvmrc'],
    ['^23.1', '23.11.1', 'the newest for "^23.1" in .nvmrc'],
    ['v22.1.0', '22.1.0', 'asked for by .nvmrc'],
    ['22', '22.21.0', 'the newest for "22" in .nvmrc'],
    ['lts/*', '24.11.1', 'the newest for "lts/*" in .nvmrc'],
    ['lts/jod', '22.21.0', 'the newest for "lts/jod" in .nvmrc'],
    ['lts/-1', '22.21.0', 'the newest for "lts/-1" in .nvmrc'],
    ['node', '25.2.0', 'the newest for "node" in .nvmrc'],
    ['latest', '25.2.0', 'the newest for "latest" in .nvmrc'],
    ['26.0.0-rc.1', '26.0.0-rc.1', 'asked for by .nvmrc'],
  ])('chooses for %s', (text, version, reason) => {
    expect(choose(text)).toMatchObject({ version, reason });
  });

  it('knows LTS by the date, which is an input', () => {
    expect(choose(undefined, new Date('2025-10-27'))?.version).toBe('22.21.0');
    expect(choose(undefined, new Date('2025-10-28'))?.version).toBe('24.11.1');
  });

  it('warns of a version that is out of support', () => {
    expect(choose('18')?.warning).toBe('Node.js 18 has had no security fixes since 2025-04-30');
    expect(choose('20')?.warning).toBeUndefined();
  });

  it('knows the nearest versions when none satisfies', () => {
    const nearest = (text: string) => nearestNodeVersions({ text, source: '.nvmrc' }, offered);
    for (const text of ['19.x', '22.99.0', 'lts/none']) expect(choose(text)).toBeUndefined();
    expect(nearest('19.x')).toEqual(['18.19.0', '18.20.8', '20.9.0', '20.19.5']);
    expect(nearest('22.99.0')).toEqual(['22.1.0', '22.21.0', '23.11.1', '24.1.0']);
    expect(nearest('lts/none')).toEqual([]);
  });

  it('refuses what is no version', () => {
    expect(() => choose('the good one')).toThrow('"the good one" in .nvmrc is neither a version nor a range');
  });

  it('has the schedule of real release lines', () => {
    expect(RELEASE_SCHEDULE.get(20)).toMatchObject({ codename: 'Iron', end: '2026-04-30' });
  });
});

describe('findVersionRequests()', () => {
  it('lists every source, the one that counts first', () => {
    const manifest = parseManifest(
      JSON.stringify({ engines: { node: '>=20' }, volta: { node: '22.1.0' }, devEngines: { runtime: [{ name: 'bun' }, { name: 'node', version: '^24' }] } }),
    );
    expect(findVersionRequests('24', [parseManifest('{"engines":{"npm":"1"}}'), manifest], { nvmrc: '# ours\nv22 \n', nodeVersion: '20.9.0\n' })).toEqual([
      { text: '24', source: 'BP_NODE_VERSION' },
      { text: '>=20', source: 'package.json engines.node' },
      { text: 'v22', source: '.nvmrc' },
      { text: '20.9.0', source: '.node-version' },
      { text: '22.1.0', source: 'package.json volta.node' },
      { text: '^24', source: 'package.json devEngines.runtime' },
    ]);
    expect(findVersionRequests(undefined, [], { nvmrc: '\n', nodeVersion: undefined })).toEqual([]);
  });
});
