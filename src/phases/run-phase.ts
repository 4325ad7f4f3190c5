import { mkdirSync, mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { requirePlatformApi } from '../cnb/index.ts';
import { TspackError, removeTree } from '../foundation/index.ts';
import { createLayerCompressor, openBlobDirectory } from '../oci/index.ts';
import { analyzer } from './analyzer.ts';
import { builder } from './builder.ts';
import { creator } from './creator.ts';
import { detector } from './detector.ts';
import { guardExperimental } from './experimental.ts';
import { exporter } from './exporter.ts';
import { extender } from './extender.ts';
import { checkImageNames, requireImages, requireNoArguments, requireOneImage } from './image-names.ts';
import { EXIT, phaseExitCode } from './phase-error.ts';
import { createPhaseLog, parseLogLevel } from './phase-log.ts';
import { PHASES, findPhase } from './phase-names.ts';
import { settlePrivileges } from './privileges.ts';
import { rebaser } from './rebaser.ts';
import { formatUsage, resolveInputs } from './resolve-inputs.ts';
import { restorer } from './restorer.ts';
import type { Inputs } from './inputs-table.ts';
import type { PhaseLog } from './phase-log.ts';
import type { PhaseName } from './phase-names.ts';
import type { PhasePorts } from './phase-ports.ts';
import type { PhaseProgram, PhaseSituation } from './phase-situation.ts';

const PROGRAMS: Readonly<Record<PhaseName, PhaseProgram>> = { analyzer, detector, restorer, extender, builder, exporter, creator, rebaser };

/**
 * Runs a program of the lifecycle: `program` is the name it was called by, `lifecycle` takes the phase from the first
 * argument. Resolves to the exit code; rejects only with the reason of an abort.
 */
export async function runLifecycle(program: string, args: readonly string[], ports: PhasePorts): Promise<number> {
  const named = findPhase(program);
  if (named !== undefined) return await runPhase(named, args, ports);
  const [first = '', ...rest] = args;
  if (first === '-version' || first === '--version') {
    ports.output.stdout(`${ports.version}\n`);
    return EXIT.success;
  }
  const phase = findPhase(first);
  if (phase !== undefined) return await runPhase(phase, rest, ports);
  if (first === 'launcher' || first === 'launch') return await ports.launch(rest);
  const verbs = [...Object.values(PHASES).map(({ verb }) => verb), 'launch'];
  ports.output.stderr(`ERROR: ${first === '' ? 'No phase is named' : `"${first}" is no phase`}: want one of ${verbs.join(', ')}\n`);
  return EXIT.invalidArguments;
}

async function runPhase(phase: PhaseName, args: readonly string[], ports: PhasePorts): Promise<number> {
  let log = createPhaseLog(ports.output, 'info');
  try {
    const api = requirePlatformApi(ports.environment.CNB_PLATFORM_API);
    const resolved = resolveInputs(phase, api, args, ports);
    if (resolved.kind !== 'inputs') {
      ports.output.stderr(`${resolved.kind === 'wrong' ? `${resolved.problem}\n` : ''}${formatUsage(phase, api)}`);
      return resolved.kind === 'wrong' ? EXIT.unknownFlag : EXIT.success;
    }
    if (resolved.inputs.version) {
      ports.output.stdout(`${ports.version}\n`);
      return EXIT.success;
    }
    log = createPhaseLog(ports.output, parseLogLevel(resolved.inputs.logLevel));
    await runProgram(phase, { ...resolved, api, log, ports });
    return EXIT.success;
  } catch (error) {
    if (ports.signal.aborted) throw ports.signal.reason;
    tell(error, log);
    return phaseExitCode(phase, error);
  }
}

type Prepared = Pick<PhaseSituation, 'inputs' | 'given' | 'api' | 'log' | 'ports'> & { readonly positional: readonly string[] };

async function runProgram(phase: PhaseName, { inputs, positional, ...prepared }: Prepared): Promise<void> {
  const { log, ports } = prepared;
  for (const argument of positional) if (argument.startsWith('-')) log.warn(`"${argument}" is no flag here: flags come before the first other argument`);
  const images = imagesOf(phase, inputs, positional);
  checkImageNames({ inputs, images });
  if (inputs.layout && phase !== 'rebaser') guardExperimental('export to OCI layout format', ports.environment.CNB_EXPERIMENTAL_MODE, log);
  await using directory = createScratchDirectory(ports);
  const blobs = openBlobDirectory(join(directory.path, 'images'));
  const scratch = { blobs, compressor: createLayerCompressor(blobs) };
  const connected = await connect(inputs, images, { scratch, log, ports });
  const environment = settlePrivileges(phase, inputs, [directory.path], ports);
  await PROGRAMS[phase]({ ...prepared, inputs, images, ports: { ...ports, environment }, scratchDirectory: directory.path, scratch, ...connected });
}

/** Finds credentials and opens the daemon's socket while there are privileges to do so (CNB.md C009). */
async function connect(
  inputs: Inputs,
  images: readonly string[],
  { scratch, log, ports }: Pick<PhaseSituation, 'scratch' | 'log' | 'ports'>,
): Promise<Pick<PhaseSituation, 'registry' | 'daemon'>> {
  const { previousImage, runImage, buildImage, cacheImage, insecureRegistries } = inputs;
  const names = [...images, previousImage, runImage, buildImage, cacheImage].filter((name) => name !== '');
  const registry = await ports.openRegistry({ insecureRegistries, names, scratch, events: log.events });
  const daemon = inputs.daemon ? await ports.openDaemon(scratch) : undefined;
  return {
    registry: () => Promise.resolve(registry),
    daemon: () => (daemon === undefined ? ports.openDaemon(scratch) : Promise.resolve(daemon)),
  };
}

function imagesOf(phase: PhaseName, { tags }: Inputs, positional: readonly string[]): readonly string[] {
  if (phase === 'analyzer' || phase === 'creator') return requireOneImage(positional, tags);
  return phase === 'exporter' || phase === 'rebaser' ? requireImages(positional) : requireNoArguments(positional);
}

function createScratchDirectory({ temporaryDirectory }: PhasePorts): AsyncDisposable & { readonly path: string } {
  mkdirSync(temporaryDirectory, { recursive: true });
  const path = mkdtempSync(join(temporaryDirectory, 'tspack-phase-'));
  return { path, [Symbol.asyncDispose]: () => Promise.resolve(removeTree(path)) };
}

function tell(error: unknown, log: PhaseLog): void {
  if (error instanceof TspackError) {
    log.error(error.message);
    if (error.nextStep !== undefined) log.error(error.nextStep);
    return;
  }
  log.error(error instanceof Error ? (error.stack ?? error.message) : String(error));
}
