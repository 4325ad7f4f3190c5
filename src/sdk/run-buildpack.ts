import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { hasSystemCode, systemClock, TspackError, type Clock } from '../foundation/index.ts';
import { formatBuildPlan, parseBuildpackDescriptor, parseBuildpackPlan } from '../cnb/index.ts';
import { SBOM_FORMATS, type SbomFormat } from '../sbom/index.ts';
import { readBindings } from './bindings.ts';
import { openRecord } from './build-record.ts';
import { createBuildLog, printable, type OutputPort } from './build-log.ts';
import { createBuildContext } from './build-context.ts';
import type { Buildpack } from './buildpack.ts';
import { runCommand, type CommandRunner } from './command.ts';
import type { BuildpackContext } from './detect-context.ts';
import { createDownloads, type Downloads, type DownloadsOptions } from './downloads.ts';
import { createPlanner, type Planner } from './planning.ts';

/** Everything outside a buildpack that it meets. {@link processHost} is the real one; the test kit has its own. */
export interface BuildpackHost {
  /** `detect`, `build` or `plan`, then the arguments of the executable. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The application directory. */
  readonly cwd: string;
  readonly output: OutputPort;
  readonly clock: Clock;
  readonly run: CommandRunner;
  readonly createDownloads: (options: DownloadsOptions) => Downloads;
}

/** The current process as a host. */
export function processHost(): BuildpackHost {
  // Modes of files in layers must not depend on who runs the build.
  process.umask(0o022);
  // A reader that has gone away must not end a build half-way.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  return {
    argv: process.argv.slice(2),
    env: process.env,
    cwd: process.cwd(),
    output: { stdout: (text) => void process.stdout.write(text), stderr: (text) => void process.stderr.write(text) },
    clock: systemClock,
    run: runCommand,
    createDownloads,
  };
}

/** Exit status of a buildpack that does not want to take part (`buildpack.md#detection`). */
const NOT_DETECTED = 100;

/**
 * Runs one executable of a buildpack: reads arguments and `CNB_*` variables, calls `detect` or `build`, writes the results.
 * Resolves to the exit status: 0, 100 for a failed detection, 1 after an error, which has then been printed in two parts.
 */
export async function runBuildpack(buildpack: Buildpack, host: BuildpackHost): Promise<number> {
  try {
    const [phase, ...args] = host.argv;
    const common = readContext(host);
    if (phase === 'detect') return await runDetect(buildpack, host, common, args);
    if (phase === 'build' || phase === 'plan') return await runBuild(buildpack, host, common, args);
    throw usage(`Cannot run the buildpack's "${phase ?? ''}": want detect, build or plan`);
  } catch (error) {
    host.output.stderr(formatFailure(error));
    return 1;
  }
}

async function runDetect(buildpack: Buildpack, host: BuildpackHost, common: BuildpackContext, args: readonly string[]): Promise<number> {
  const planPath = requiredPath(host, 'CNB_BUILD_PLAN_PATH', args[1]);
  if (buildpack.detect === undefined) throw usage('Cannot run detect: bin/detect of this buildpack decides by itself');
  const outcome = await buildpack.detect(common);
  if (!outcome.passed) {
    host.output.stdout(`${common.buildpack.name}: ${printable(outcome.explanation)}\n`);
    return NOT_DETECTED;
  }
  if (outcome.evidence !== undefined) host.output.stdout(`${common.buildpack.name}: ${printable(outcome.evidence.join(', '))}\n`);
  if (outcome.alternatives.length > 0) writeFileSync(planPath, formatBuildPlan({ alternatives: outcome.alternatives }));
  return 0;
}

/** A plan is a build that ends where it would have to fetch a file or run a program that works: its `<layers>` is thrown away. */
async function runBuild(buildpack: Buildpack, host: BuildpackHost, common: BuildpackContext, args: readonly string[]): Promise<number> {
  const layersDirectory = requiredPath(host, 'CNB_LAYERS_DIR', args[0]);
  const planPath = requiredPath(host, 'CNB_BP_PLAN_PATH', args[2]);
  mkdirSync(layersDirectory, { recursive: true });
  const userAgent = `${common.buildpack.id}/${common.buildpack.version}`;
  const planner = host.argv[0] === 'plan' ? createPlanner(userAgent, openRecord(common.env)) : undefined;
  const downloads = host.createDownloads({
    env: common.env,
    bindings: common.bindings,
    clock: host.clock,
    userAgent,
    ...(planner === undefined ? {} : { planner }),
  });
  try {
    const { context, finish } = createBuildContext({
      common,
      layersDirectory,
      plan: parseBuildpackPlan(readFileSync(planPath, 'utf8'), planPath),
      run: planner?.run(host.run) ?? host.run,
      downloads,
      sbomFormats: readDescriptor(common.buildpackDirectory).sbomFormats,
    });
    host.output.stdout(`${common.buildpack.name} ${common.buildpack.version}\n`);
    await upToPlanEnd(planner, () => buildpack.build(context));
    finish();
    return 0;
  } finally {
    await downloads.close();
  }
}

async function upToPlanEnd(planner: Planner | undefined, build: () => void | Promise<void>): Promise<void> {
  try {
    await build();
  } catch (error) {
    if (planner?.ended !== true) throw error;
  }
}

function readContext(host: BuildpackHost): BuildpackContext {
  const env = Object.fromEntries(Object.entries(host.env).filter((entry): entry is [string, string] => entry[1] !== undefined));
  const buildpackDirectory = requiredPath(host, 'CNB_BUILDPACK_DIR', undefined);
  // Both executables get the platform directory as an argument, detect as the first and build as the second.
  const platformDirectory = requiredPath(host, 'CNB_PLATFORM_DIR', host.argv[0] === 'detect' ? host.argv[1] : host.argv[2]);
  const { id, name, version } = readDescriptor(buildpackDirectory);
  const distributionName = env['CNB_TARGET_DISTRO_NAME'];
  return {
    applicationDirectory: host.cwd,
    buildpackDirectory,
    platformDirectory,
    buildpack: { id, name, version },
    target: {
      os: env['CNB_TARGET_OS'] ?? 'linux',
      architecture: env['CNB_TARGET_ARCH'] ?? (process.arch === 'x64' ? 'amd64' : process.arch),
      variant: env['CNB_TARGET_ARCH_VARIANT'] || undefined,
      distribution:
        distributionName === undefined || distributionName === '' ? undefined : { name: distributionName, version: env['CNB_TARGET_DISTRO_VERSION'] ?? '' },
    },
    execEnv: env['CNB_EXEC_ENV'] ?? 'production',
    env,
    bindings: readBindings(platformDirectory, env),
    clock: host.clock,
    log: createBuildLog(host.output),
  };
}

function readDescriptor(buildpackDirectory: string): { id: string; name: string; version: string; sbomFormats: readonly SbomFormat[] } {
  const file = join(buildpackDirectory, 'buildpack.toml');
  const descriptor = parseBuildpackDescriptor(readFileSync(file, 'utf8'), file);
  const sbomFormats = (Object.keys(SBOM_FORMATS) as SbomFormat[]).filter((format) => descriptor.sbomFormats.includes(SBOM_FORMATS[format].mediaType));
  return { id: descriptor.id, name: descriptor.name ?? descriptor.id, version: descriptor.version, sbomFormats };
}

function requiredPath(host: BuildpackHost, variable: string, argument: string | undefined): string {
  const value = host.env[variable] ?? argument;
  if (value === undefined || value === '') {
    throw new TspackError({
      code: 'BUILDPACK_USAGE',
      message: `Cannot run the buildpack: ${variable} is not set`,
      nextStep: 'Run it by a lifecycle that speaks Buildpack API 0.12.',
    });
  }
  return resolve(host.cwd, value);
}

function usage(message: string): TspackError {
  return new TspackError({ code: 'BUILDPACK_USAGE', message, nextStep: 'Start it by bin/detect or bin/build.' });
}

/** What happened, and what to do; with a stack only when the error is the buildpack's own fault. */
export function formatFailure(error: unknown): string {
  if (error instanceof TspackError) {
    const next = error.nextStep === undefined ? '' : `  ${printable(error.nextStep)}\n`;
    return `Error: ${printable(error.message)} [${error.code}]\n${next}`;
  }
  // Not the buildpack's fault, and a stack would hide it.
  if (hasSystemCode(error, 'ENOSPC', 'EDQUOT'))
    return 'Error: Cannot write a file: no space is left on the disk\n  Free some space on the disk where builds are done, and build again.\n';
  const shown = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `Error: the buildpack failed in an unexpected way\n  ${printable(shown)}\n`;
}
