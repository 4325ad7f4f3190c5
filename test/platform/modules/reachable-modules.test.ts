import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseBuildpackId, parseOrderToml } from '../../../src/cnb/index.ts';
import { createModuleStore } from '../../../src/lifecycle/index.ts';
import { mountedModule } from '../../../src/platform/modules/module-folder.ts';
import { reachableBuildpacks } from '../../../src/platform/modules/reachable-modules.ts';
import type { MountedModule } from '../../../src/platform/index.ts';
import { BUILDPACK_TOML } from '../../support/foreign-builder-fixture.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tspack-reachable-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

function mounted(id: string, more = ''): MountedModule {
  const folder = join(directory, id.replace('/', '-'));
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'buildpack.toml'), BUILDPACK_TOML(id, '1') + more);
  return mountedModule({ kind: 'buildpack', reference: { id: parseBuildpackId(id), version: '1' }, directory: folder }, '/cnb/buildpacks');
}

const group = (...ids: readonly string[]) => `[[order]]\n${ids.map((id) => `[[order.group]]\nid = "${id}"\nversion = "1"\n`).join('')}`;

describe('reachableBuildpacks()', () => {
  it('follows composites and system buildpacks, and leaves the others out', () => {
    const buildpacks = [mounted('acme/all', group('acme/member')), ...['acme/member', 'acme/system', 'acme/other'].map((id) => mounted(id))];
    const modules = createModuleStore({ buildpacks: [], single: buildpacks });
    const names = (order: string, system: readonly string[] = []) => {
      const post = system.map((id) => ({ id: parseBuildpackId(id), version: '1', optional: false }));
      const reached = reachableBuildpacks({ order: parseOrderToml(order, 'order.toml'), buildpacks, system: { pre: [], post } }, modules);
      return reached.map(({ reference }) => reference.id);
    };
    expect(names(group('acme/all'))).toEqual(['acme/all', 'acme/member']);
    expect(names(group('acme/other'), ['acme/system'])).toEqual(['acme/system', 'acme/other']);
  });
});
