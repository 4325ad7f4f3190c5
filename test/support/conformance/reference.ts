import { execFile } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { dirname } from 'node:path';
import { parseToml } from '../../../src/foundation/index.ts';
import { parseImageReference } from '../../../src/oci/index.ts';
import type { Image } from '../../../src/oci/index.ts';
import type { RegistryStore } from '../../../src/registry/index.ts';
import { findProgram } from '../requirement.ts';
import { testBubblewrap } from '../sandbox-root.ts';
import { generatedFiles, handedOn, layersListing } from './layers-listing.ts';
import type { RoundOutcome } from './outcome.ts';
import { CONTAINER_ENV } from './root.ts';
import type { ConformanceRoot } from './root.ts';
import type { PhaseEnd, Scenario } from './scenario.ts';

export const PLATFORM = { os: 'linux', architecture: 'amd64' } as const;

/** Why a program ended, and what it printed. */
export interface ProgramEnd {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program in a root as user 1001:1000, with this environment alone. */
export async function runInRoot(
  root: string,
  env: Readonly<Record<string, string>>,
  command: readonly string[],
  cwd = '/',
  binds: readonly string[] = [],
): Promise<ProgramEnd> {
  const [bubblewrap = '', ...words] = testBubblewrap() ?? [];
  const settings = Object.entries(env).flatMap(([key, value]) => ['--setenv', key, value]);
  const mounts = ['--bind', root, '/', '--ro-bind', '/usr', '/usr', '--proc', '/proc', '--dev', '/dev', '--tmpfs', '/tmp', ...binds];
  const identity = ['--unshare-user', '--uid', '1001', '--gid', '1000', '--unshare-pid', '--die-with-parent', '--new-session'];
  const args = [...words, ...identity, ...mounts, '--chdir', cwd, '--clearenv', ...settings, '--', ...command];
  return await new Promise((resolve) => {
    const child = execFile(bubblewrap, args, { cwd: dirname(root), env: { PATH: process.env['PATH'] }, maxBuffer: 1 << 26 }, (error, stdout, stderr) =>
      resolve({ exitCode: error === null ? 0 : typeof error.code === 'number' ? error.code : -1, stdout, stderr }),
    );
    child.stdin?.end();
  });
}

/** One build of a scenario by phases that are programs: those of the reference lifecycle. */
export async function buildWithReference(
  scenario: Scenario,
  root: ConformanceRoot,
  round: number,
  names: { readonly app: string; readonly runImage: string },
  store: RegistryStore,
): Promise<RoundOutcome> {
  const lifecycle = realpathSync(findProgram('lifecycle') ?? '/dev/null');
  const { platformApi } = scenario;
  const output: string[] = [];
  const env = {
    ...CONTAINER_ENV,
    CNB_PLATFORM_API: platformApi,
    CNB_REGISTRY_AUTH: '{}',
    CNB_NO_COLOR: 'true',
    CNB_EXPERIMENTAL_MODE: 'quiet',
    DOCKER_CONFIG: '/tmp',
    ...(scenario.execEnv === undefined ? {} : { CNB_EXEC_ENV: scenario.execEnv }),
    ...scenario.env,
  };
  const phase = async (name: string, args: readonly string[]): Promise<number> => {
    const program = `/cnb/lifecycle/${name}`;
    // The phase is chosen by the name of the program.
    const end = await runInRoot(root.root, env, [program, '-layers', '/layers', ...args], '/', ['--ro-bind', lifecycle, program]);
    output.push(`--- ${name} ${args.join(' ')}: ${end.exitCode}\n${end.stdout}${end.stderr}`);
    return end.exitCode;
  };

  root.startRound(round);
  const ends: PhaseEnd[] = [];
  const state: { restored: RoundOutcome['restored']; built: RoundOutcome['built']; image: Image | undefined } = { restored: {}, built: {}, image: undefined };
  const identity = ['-uid', '1001', '-gid', '1000'];
  const analyzed = await phase('analyzer', [...identity, '-run-image', names.runImage, names.app]);
  if (analyzed !== 0) throw new Error(output.join('\n'));
  const steps: readonly (readonly [PhaseEnd['phase'], () => Promise<number>])[] = [
    ['detect', () => phase('detector', ['-app', '/workspace', '-buildpacks', '/cnb/buildpacks'])],
    ['restore', () => phase('restorer', [...identity, '-cache-dir', '/cache'])],
    ['build', () => phase('builder', ['-app', '/workspace', '-buildpacks', '/cnb/buildpacks'])],
    [
      'export',
      () => {
        const type = scenario.defaultProcess === undefined ? [] : ['-process-type', scenario.defaultProcess];
        return phase('exporter', [...identity, '-app', '/workspace', '-cache-dir', '/cache', ...type, names.app]);
      },
    ],
  ];
  for (const [name, run] of steps) {
    const exitCode = await run();
    ends.push({ phase: name, exitCode });
    if (name === 'restore') state.restored = layersListing(root);
    if (name === 'build') state.built = layersListing(root);
    if (exitCode !== 0 || scenario.detectOnly === true) break;
    if (name === 'export') state.image = await store.read(parseImageReference(names.app), PLATFORM);
  }
  return {
    ends,
    records: root.records(round),
    group: handedOn(root, 'group.toml'),
    generated: generatedFiles(root),
    plan: handedOn(root, 'plan.toml'),
    ...(scenario.extensions === undefined ? {} : { runImage: analyzedRunImage(root) }),
    ...state,
    output: output.join('\n'),
  };
}

function analyzedRunImage(root: ConformanceRoot): unknown {
  return parseToml((root.listing('layers')['analyzed.toml'] ?? '').replace(/^file \d+ /, ''), 'analyzed.toml')['run-image'];
}
