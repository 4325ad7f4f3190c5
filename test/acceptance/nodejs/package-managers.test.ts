import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { answerOf, createHostKit, hasNpm } from '../../support/node-host-kit.ts';
import { skipWithout } from '../../support/requirement.ts';

/** Every package manager for real, on one small application: its `build` script needs a devDependency, its server a dependency. */
const fixtures = join(import.meta.dirname, '../../fixtures/nodejs');
const place = mkdtempSync(join(tmpdir(), 'tspack-managers-'));
afterAll(() => rmSync(place, { recursive: true }));

function compose(name: string, ...sources: readonly string[]): string {
  for (const source of sources) cpSync(join(fixtures, source), join(place, name), { recursive: true });
  return join(place, name);
}

describe.skipIf(skipWithout('npm', hasNpm))('an application with the real', () => {
  it.each([
    ['npm', 'npm ci --include=dev'],
    ['yarn1', 'yarn install --frozen-lockfile --production=false'],
    ['yarn3-node-modules', 'yarn install --immutable'],
    ['yarn3-pnp', 'yarn install --immutable'],
    ['yarn4-node-modules', 'yarn workspaces focus --production --all'],
    ['yarn4-pnp', 'yarn workspaces focus --production --all'],
    ['pnpm9', 'pnpm 9.'],
    ['pnpm10', 'pnpm 10.'],
  ])('%s is installed, built, pruned and started, and nothing is done twice', async (name, said) => {
    using kit = createHostKit(compose(name, 'application', `lockfiles/${name}`));
    const first = await kit.build();
    expect(first.exitCode, first.stdout + first.stderr).toBe(0);
    expect(first.stdout).toContain(said);
    expect(await answerOf(kit, first)).toBe('built 2d mustache:false');
    const sbom = JSON.parse(readFileSync(join(kit.layersDirectory, 'dependencies.sbom.cdx.json'), 'utf8')) as { components: { purl: string }[] };
    expect(sbom.components.map(({ purl }) => purl)).toEqual(['pkg:npm/ms@2.1.3']);
    const held = readdirSync(join(kit.layersDirectory, 'dependencies'), { recursive: true, encoding: 'utf8' });
    expect(held.filter((path) => /mustache|lock|state|integrity|modules\.yaml|package\.json$/.test(path) && !/[/]ms[/]/.test(path))).toEqual([]);

    const second = await kit.build();
    expect(second.stdout).toContain('Reusing production packages');
    expect(second.stdout).toContain('Reusing the output of the build script');
    expect(second.stdout).not.toMatch(/ (?:install|ci|prune|focus) --|run build|Downloading/);
    expect(await answerOf(kit, second)).toBe('built 2d mustache:false');
  });

  it.each([
    ['yarn1', 'yarn.lock'],
    ['yarn4-node-modules', 'yarn.lock'],
    ['pnpm9', 'pnpm-lock.yaml'],
  ])('%s refuses a lockfile that is out of step', async (name, lockfile) => {
    using kit = createHostKit(compose(`${name}-out-of-step`, 'application', `lockfiles/${name}`));
    kit.change('package.json', readFileSync(join(fixtures, 'application/package.json'), 'utf8').replace('"ms": "^2.1.3"', '"ms": "^2.1.2"'));
    const result = await kit.build();
    expect(result.exitCode, result.stdout).toBe(1);
    expect(result.stderr).toContain('[NODE_LOCKFILE_OUT_OF_STEP]');
    expect(result.stderr).toContain(lockfile);
  });
});

describe.skipIf(skipWithout('npm', hasNpm))('one member of a workspace of', () => {
  it.each(['npm', 'yarn1', 'yarn4', 'pnpm9'])('%s is built with the members that it needs, and no others', async (name) => {
    using kit = createHostKit(compose(`workspace-${name}`, 'workspace', `workspace-lockfiles/${name}`), { BP_APP: 'packages/web' });
    const first = await kit.build();
    expect(first.exitCode, first.stdout + first.stderr).toBe(0);
    expect(first.launch?.processes[0]?.workingDirectory).toBe(join(kit.applicationDirectory, 'packages/web'));
    expect(await answerOf(kit, first)).toBe('built 2d words mustache:false vary:false');
    expect(existsSync(join(kit.applicationDirectory, 'packages/unused'))).toBe(false);
    const second = await kit.build();
    expect(second.stdout).toContain('Reusing production packages');
    expect(second.stdout).not.toMatch(/ (?:install|ci|prune|focus) --|run build|Downloading/);
    expect(await answerOf(kit, second)).toBe('built 2d words mustache:false vary:false');
  });
});
