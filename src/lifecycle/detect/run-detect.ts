import { TspackError } from '../../foundation/index.ts';
import { EMPTY_BUILD_PLAN, formatBuildpackReference, formatTarget, isApiAtLeast, isTargetSatisfied, parseBuildPlan } from '../../cnb/index.ts';
import type { BuildPlan, BuildpackReference } from '../../cnb/index.ts';
import type { ProcessExit, ProcessSpec, Sandbox, SandboxPath } from '../../executor/index.ts';
import { executableEnv } from '../buildpack-env.ts';
import type { PhaseEnvironment, ProvidedEnv } from '../buildpack-env.ts';
import { CapturedOutput } from '../captured-output.ts';
import { readMountedText } from '../mounted-directory.ts';
import type { MountedDirectory } from '../mounted-directory.ts';
import { executablePath } from '../module-store.ts';
import { notStarted } from '../not-started.ts';
import type { ModuleKind } from '../module-store.ts';
import { PLAN_FILE, createPlanFolder } from '../plan-folder.ts';
import type { Candidate } from './expand-order.ts';

/**
 * What one bin/detect said. `unsupported`: it was not run, because it is not for the target; that is an error for a
 * required buildpack and a plain drop for an optional one.
 */
export type DetectVerdict = 'pass' | 'fail' | 'error' | 'unsupported';

/** The evidence of one bin/detect. */
export interface DetectRun {
  readonly kind: ModuleKind;
  readonly reference: BuildpackReference;
  readonly verdict: DetectVerdict;
  /** undefined when it was not run or a signal ended it. */
  readonly exitCode: number | undefined;
  /** Why the verdict is `error` or `unsupported`. */
  readonly reason: string | undefined;
  /** Standard output and standard error as they came; the middle is left out of more than 1 MiB. */
  readonly output: string;
  readonly plan: BuildPlan;
}

export interface RunDetectOptions {
  readonly sandbox: Sandbox;
  readonly environment: PhaseEnvironment;
  readonly provided: ProvidedEnv;
  readonly env: Readonly<Record<string, string>>;
  readonly app: SandboxPath;
  readonly signal: AbortSignal | undefined;
}

/** A bin/detect that is ready to run, or that need not be run. */
export type PreparedDetect =
  { readonly kind: 'settled'; readonly run: DetectRun } | { readonly kind: 'ready'; readonly candidate: Candidate; readonly folder: MountedDirectory };

/** What is left of a bin/detect that has ended. */
export interface EndedDetect {
  readonly candidate: Candidate;
  readonly folder: MountedDirectory;
  /** An error: it could not be started. */
  readonly exit: ProcessExit | TspackError;
  readonly output: string;
}

const PASS = 0;
const FAIL = 100;

/**
 * Makes the empty plan file of a bin/detect. Prepare all of a batch before the first runs, and judge them after the
 * last has ended: while no process runs, none can swap a file or folder for a link to a file of the host.
 */
export function prepareDetect(candidate: Candidate, environment: PhaseEnvironment, scratch: MountedDirectory): PreparedDetect {
  const { kind, module } = candidate;
  const { targets } = module.descriptor;
  if (isApiAtLeast(environment.platformApi, '0.12') && !isTargetSatisfied(environment.target, targets)) {
    const reason = `it is for ${targets.map(formatTarget).join(', ')}, the run image is ${formatTarget(environment.target)}`;
    return { kind: 'settled', run: detectRun(candidate, 'unsupported', { reason }) };
  }
  if (!module.executables.includes('detect')) {
    if (kind === 'buildpack') return { kind: 'settled', run: detectRun(candidate, 'error', { reason: 'it has no bin/detect' }) };
    const text = () => readMountedText(module.directory, 'detect/plan.toml') ?? '';
    return { kind: 'settled', run: judgePlan(candidate, text, `${module.directory.sandboxPath}/detect/plan.toml`, {}) };
  }
  return { kind: 'ready', candidate, folder: createPlanFolder(scratch, '') };
}

/** Runs a prepared bin/detect to its end (C041). Rejects only when there is no sandbox to run it in. */
export async function runDetect(prepared: Extract<PreparedDetect, { readonly kind: 'ready' }>, options: RunDetectOptions): Promise<EndedDetect> {
  const { candidate, folder } = prepared;
  const planPath = `${folder.sandboxPath}/${PLAN_FILE}`;
  const captured = new CapturedOutput();
  const process: ProcessSpec = {
    command: [executablePath(candidate.module, 'detect'), options.environment.platform.sandboxPath, planPath],
    cwd: options.app,
    env: executableEnv({
      environment: options.environment,
      provided: options.provided,
      module: candidate.module,
      env: options.env,
      paths: { CNB_BUILD_PLAN_PATH: planPath },
    }),
    stdout: captured.write,
    stderr: captured.write,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  };
  const exit = await options.sandbox.run(process).catch((error: unknown) => {
    if (notStarted(error)) return error;
    throw error;
  });
  return { candidate, folder, exit, output: captured.text() };
}

/** Judges a bin/detect by its exit code and the plan it wrote (C042, C051). */
export function judgeDetect(ended: EndedDetect): DetectRun {
  const { candidate, exit } = ended;
  if (exit instanceof TspackError) return detectRun(candidate, 'error', { output: ended.output, reason: exit.message });
  const evidence = { exitCode: exit.code, output: ended.output };
  if (exit.code === FAIL) return detectRun(candidate, 'fail', evidence);
  if (exit.code !== PASS) {
    const how = exit.code === undefined ? `was ended by ${exit.signal ?? 'a signal'}` : `exited with ${exit.code}`;
    return detectRun(candidate, 'error', { ...evidence, reason: `bin/detect ${how}` });
  }
  const text = () => readMountedText(ended.folder, PLAN_FILE) ?? '';
  return judgePlan(candidate, text, `the build plan of ${formatBuildpackReference(candidate.reference)}`, evidence);
}

function detectRun(candidate: Candidate, verdict: DetectVerdict, more: Partial<DetectRun>): DetectRun {
  const { kind, reference } = candidate;
  return { kind, reference, verdict, exitCode: undefined, reason: undefined, output: '', plan: EMPTY_BUILD_PLAN, ...more };
}

function judgePlan(candidate: Candidate, text: () => string, file: string, evidence: Partial<DetectRun>): DetectRun {
  let plan: BuildPlan;
  try {
    plan = parseBuildPlan(text(), file);
  } catch (error) {
    if (!(error instanceof TspackError)) throw error;
    return detectRun(candidate, 'error', { ...evidence, reason: error.message });
  }
  // Extensions may only provide (`image_extension.md#detection`).
  if (candidate.kind === 'extension' && plan.alternatives.some(({ requires }) => requires.length > 0)) {
    return detectRun(candidate, 'error', { ...evidence, reason: 'an extension must not require anything' });
  }
  return detectRun(candidate, 'pass', { ...evidence, plan });
}
