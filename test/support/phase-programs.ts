import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { assembleLifecycle } from '../../src/builder/index.ts';
import { packageRoot, systemClock } from '../../src/foundation/index.ts';
import { parseImageReference } from '../../src/oci/index.ts';
import type { Image } from '../../src/oci/index.ts';
import type { RegistryStore } from '../../src/registry/index.ts';
import { handedOn, layersListing } from './conformance/layers-listing.ts';
import { PLATFORM, runInRoot } from './conformance/reference.ts';
import { CONTAINER_ENV } from './conformance/root.ts';
import type { ConformanceRoot } from './conformance/root.ts';
import type { PhaseEnd, Scenario } from './conformance/scenario.ts';
import type { RoundOutcome } from './conformance/outcome.ts';
import { findProgram } from './requirement.ts';

export type PhaseOwner = 'reference' | 'tspack';
export type ProgramName = 'analyzer' | 'detector' | 'restorer' | 'builder' | 'exporter' | 'creator' | 'rebaser';

export const TEST_VERSION = '0.0.1';

/** Our lifecycle as a builder image gets it, with the Node that runs the tests. */
export async function assembleTestLifecycle(directory: string): Promise<string> {
  return await assembleLifecycle({
    programs: join(packageRoot(), 'dist/lifecycle'),
    launcher: join(packageRoot(), 'launcher/bin/launcher-linux-amd64'),
    node: realpathSync(process.execPath),
    nodeVersion: process.versions.node,
    version: TEST_VERSION,
    cacheDirectory: directory,
    clock: systemClock,
  });
}

/** The programs of both lifecycles in a root that `createConformanceRoot` made. */
export function openPrograms(root: ConformanceRoot, lifecycle: string, platformApi: string, more: Readonly<Record<string, string>> = {}) {
  const reference = realpathSync(findProgram('lifecycle') ?? '/dev/null');
  const env = {
    ...CONTAINER_ENV,
    CNB_PLATFORM_API: platformApi,
    CNB_REGISTRY_AUTH: '{}',
    CNB_NO_COLOR: 'true',
    CNB_EXPERIMENTAL_MODE: 'quiet',
    DOCKER_CONFIG: '/tmp',
    ...more,
  };
  return {
    async run(owner: PhaseOwner, name: ProgramName, args: readonly string[], env_: Readonly<Record<string, string>> = {}) {
      const program = `/cnb/lifecycle/${name}`;
      const folder = mkdtempSync(join(root.root, '..', 'programs-'));
      try {
        copyFileSync(root.at('cnb/lifecycle/launcher'), join(folder, 'launcher'));
        if (owner === 'reference') copyFileSync(reference, join(folder, name));
        // Without SBOM files, which the reference has none of here.
        const own = ['lifecycle', 'package.json', 'node', ...bundles(lifecycle)].flatMap((file) => [
          '--ro-bind',
          join(lifecycle, 'lifecycle', file),
          `/cnb/lifecycle/${file}`,
        ]);
        const link = ['--symlink', 'lifecycle', program];
        const binds = ['--bind', folder, '/cnb/lifecycle', ...(owner === 'tspack' ? [...own, ...link] : [])];
        return await runInRoot(root.root, { ...env, ...env_ }, [program, ...args], '/', binds);
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    },
  };
}

function bundles(lifecycle: string): readonly string[] {
  const { files } = JSON.parse(readFileSync(join(lifecycle, 'lifecycle', 'package.json'), 'utf8')) as { readonly files: readonly string[] };
  return files;
}

/** One build of a scenario by programs, each of the lifecycle that `ownerOf` says. */
export async function buildWithPrograms(
  scenario: Scenario,
  root: ConformanceRoot,
  round: number,
  names: { readonly app: string; readonly runImage: string; readonly lifecycle: string },
  store: RegistryStore,
  ownerOf: (phase: ProgramName) => PhaseOwner,
): Promise<RoundOutcome> {
  const output: string[] = [];
  const programs = openPrograms(root, names.lifecycle, scenario.platformApi, {
    ...(scenario.execEnv === undefined ? {} : { CNB_EXEC_ENV: scenario.execEnv }),
    ...scenario.env,
  });
  const phase = async (name: ProgramName, args: readonly string[]): Promise<number> => {
    const end = await programs.run(ownerOf(name), name, ['-layers', '/layers', ...args]);
    output.push(`--- ${ownerOf(name)} ${name} ${args.join(' ')}: ${end.exitCode}\n${end.stdout}${end.stderr}`);
    return end.exitCode;
  };
  mkdirSync(root.at('cache'), { recursive: true });
  root.startRound(round);
  // Not as everywhere: images keep the modes of the folders above their layers (CNB.md C144).
  chmodSync(root.at('layers'), 0o775);
  const ends: PhaseEnd[] = [];
  const state: { restored: RoundOutcome['restored']; built: RoundOutcome['built']; image: Image | undefined } = { restored: {}, built: {}, image: undefined };
  const identity = ['-uid', '1001', '-gid', '1000'];
  if ((await phase('analyzer', [...identity, '-run-image', names.runImage, names.app])) !== 0) throw new Error(output.join('\n'));
  const type = scenario.defaultProcess === undefined ? [] : ['-process-type', scenario.defaultProcess];
  const steps: readonly (readonly [PhaseEnd['phase'], ProgramName, readonly string[]])[] = [
    ['detect', 'detector', ['-app', '/workspace', '-buildpacks', '/cnb/buildpacks']],
    ['restore', 'restorer', [...identity, '-cache-dir', '/cache']],
    ['build', 'builder', ['-app', '/workspace', '-buildpacks', '/cnb/buildpacks']],
    ['export', 'exporter', [...identity, '-app', '/workspace', '-cache-dir', '/cache', ...type, names.app]],
  ];
  for (const [name, program, args] of steps) {
    const exitCode = await phase(program, args);
    ends.push({ phase: name, exitCode });
    if (name === 'restore') state.restored = layersListing(root);
    if (name === 'build') state.built = layersListing(root);
    if (exitCode !== 0 || scenario.detectOnly === true) break;
    if (name === 'export') state.image = await store.read(parseImageReference(names.app), PLATFORM);
  }
  return { ends, records: root.records(round), group: handedOn(root, 'group.toml'), plan: handedOn(root, 'plan.toml'), ...state, output: output.join('\n') };
}
