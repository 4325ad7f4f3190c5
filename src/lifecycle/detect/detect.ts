import { setImmediate } from 'node:timers/promises';
import { formatApiVersion, formatGroupToml, formatPlanToml, isApiAtLeast, withSystemBuildpacks } from '../../cnb/index.ts';
import type { BuildpackReference, Group, GroupElement, OrderToml, Plan, SystemToml } from '../../cnb/index.ts';
import type { Sandbox, SandboxPath } from '../../executor/index.ts';
import type { EventSink } from '../../foundation/index.ts';
import { readProvidedEnv, startingEnv } from '../buildpack-env.ts';
import type { PhaseEnvironment } from '../buildpack-env.ts';
import type { LayersDirectory } from '../layers-directory.ts';
import type { MountedDirectory } from '../mounted-directory.ts';
import type { ModuleKind, ModuleStore } from '../module-store.ts';
import { expandOrder, verifyOrder } from './expand-order.ts';
import type { Candidate } from './expand-order.ts';
import { resolvePlan } from './resolve-plan.ts';
import type { PassedModule, PlanResolution, TrialFailure } from './resolve-plan.ts';
import { judgeDetect, prepareDetect, runDetect } from './run-detect.ts';
import type { DetectRun, DetectVerdict, EndedDetect, RunDetectOptions } from './run-detect.ts';

export interface DetectInputs extends PhaseEnvironment {
  readonly order: OrderToml;
  /** Buildpacks around every group (Platform API 0.15). */
  readonly system?: SystemToml;
  readonly app: SandboxPath;
  /** An empty folder that processes may write to. */
  readonly scratch: MountedDirectory;
  /** How many bin/detect run at once: some for each core. */
  readonly concurrency: number;
  readonly signal?: AbortSignal;
}

export interface DetectPorts {
  readonly sandbox: Sandbox;
  readonly modules: ModuleStore;
  /** `group.toml` and `plan.toml` are written here. */
  readonly layers: LayersDirectory;
  readonly events: EventSink<DetectEvent>;
}

/** A member of a group that was tried. */
export interface AttemptMember {
  readonly kind: ModuleKind;
  readonly reference: BuildpackReference;
  readonly optional: boolean;
  readonly verdict: DetectVerdict;
}

/** How a group did. */
export interface GroupAttempt {
  readonly members: readonly AttemptMember[];
  readonly result:
    | 'passed'
    /** A required buildpack did not want to take part. */
    | 'failed'
    /** A required buildpack could not tell. */
    | 'errored'
    /** Only optional ones, and none of them wanted to. */
    | 'no-buildpack'
    /** What they provide and require does not fit together. */
    | 'plan-unresolved';
  /** For `plan-unresolved`. */
  readonly failures: readonly TrialFailure[];
}

/** What was tried, for an explanation. */
export interface DetectEvidence {
  /** Each bin/detect once, in the order they were asked. */
  readonly runs: readonly DetectRun[];
  /** At most the first 200. */
  readonly attempts: readonly GroupAttempt[];
}

export type DetectOutcome =
  | ({ readonly kind: 'detected'; readonly group: Group; readonly plan: Plan } & DetectEvidence)
  /** `errored`: in one of the groups a buildpack failed with an error (exit code 21, else 20). */
  | ({ readonly kind: 'none'; readonly errored: boolean } & DetectEvidence);

export type DetectEvent =
  | { readonly kind: 'detect-run'; readonly run: DetectRun }
  | { readonly kind: 'detect-attempt'; readonly attempt: GroupAttempt }
  | { readonly kind: 'detected'; readonly group: Group; readonly triedCount: number };

const MAXIMUM_ATTEMPTS = 200;

/**
 * Finds the first group of buildpacks that fits the application (`platform.md#detector`,
 * `buildpack.md#phase-1-detection`) and writes group.toml and plan.toml. No group is an outcome, not an error.
 * Throws `BUILDPACK_API_UNSUPPORTED`, `BUILDPACK_NOT_FOUND`, `ORDER_CYCLE` and `SPEC_FILE_INVALID` before any
 * buildpack runs, `SANDBOX_FAILED`, and the abort reason.
 */
export async function detect(inputs: DetectInputs, ports: DetectPorts): Promise<DetectOutcome> {
  const is015 = isApiAtLeast(inputs.platformApi, '0.15');
  const order = is015 && inputs.system !== undefined ? { ...inputs.order, order: withSystemBuildpacks(inputs.order.order, inputs.system) } : inputs.order;
  verifyOrder(order, ports.modules);

  const runs = new DetectRuns(inputs, ports);
  const attempts: GroupAttempt[] = [];
  let errored = false;
  let tried = 0;
  for (const candidates of expandOrder(order, { store: ports.modules, execEnv: is015 ? inputs.execEnv : undefined })) {
    // Composites multiply; let an abort through even when every verdict is known already.
    if (++tried % 1000 === 0) await setImmediate();
    inputs.signal?.throwIfAborted();
    const groupRuns = await runs.all(candidates);
    const { attempt, resolution } = judgeGroup(candidates, groupRuns);
    errored ||= attempt.result === 'errored';
    if (attempts.length < MAXIMUM_ATTEMPTS || resolution?.kind === 'resolved') attempts.push(attempt);
    ports.events({ kind: 'detect-attempt', attempt });
    if (resolution?.kind !== 'resolved') continue;
    const group = groupOf(resolution.members);
    ports.layers.writeFile('group.toml', formatGroupToml(group));
    ports.layers.writeFile('plan.toml', formatPlanToml(resolution.plan));
    ports.events({ kind: 'detected', group, triedCount: candidates.length });
    return { kind: 'detected', group, plan: resolution.plan, runs: runs.list(), attempts };
  }
  return { kind: 'none', errored, runs: runs.list(), attempts };
}

/** Runs each id@version once over all groups. */
class DetectRuns {
  readonly #inputs: DetectInputs;
  readonly #ports: DetectPorts;
  readonly #options: RunDetectOptions;
  readonly #known = new Map<string, DetectRun>();

  constructor(inputs: DetectInputs, ports: DetectPorts) {
    this.#inputs = inputs;
    this.#ports = ports;
    this.#options = {
      sandbox: ports.sandbox,
      environment: inputs,
      provided: readProvidedEnv(inputs),
      env: startingEnv(inputs),
      app: inputs.app,
      signal: inputs.signal,
    };
  }

  /** The run of each candidate, in their order; those not run yet run now, several at once. */
  async all(candidates: readonly Candidate[]): Promise<readonly DetectRun[]> {
    const open = candidates.filter((candidate) => !this.#known.has(keyOf(candidate)));
    const prepared = open.map((candidate) => prepareDetect(candidate, this.#inputs, this.#inputs.scratch));
    const ended = new Array<EndedDetect | undefined>(open.length);
    let next = 0;
    const work = async (): Promise<void> => {
      while (next < prepared.length) {
        const index = next++;
        const ready = prepared[index]!;
        if (ready.kind === 'ready') ended[index] = await runDetect(ready, this.#options);
      }
    };
    const workers = Array.from({ length: Math.max(1, Math.min(this.#inputs.concurrency, open.length)) }, work);
    // Wait for all even when one rejects, so that no process outlives the phase.
    const settled = await Promise.allSettled(workers);
    for (const result of settled) if (result.status === 'rejected') throw result.reason;
    for (const [index, ready] of prepared.entries()) {
      const run = ready.kind === 'settled' ? ready.run : judgeDetect(ended[index]!);
      this.#known.set(keyOf(open[index]!), run);
      this.#ports.events({ kind: 'detect-run', run });
    }
    return candidates.map((candidate) => this.#known.get(keyOf(candidate))!);
  }

  list(): readonly DetectRun[] {
    return [...this.#known.values()];
  }
}

interface PassedCandidate extends PassedModule {
  readonly candidate: Candidate;
}

function judgeGroup(
  candidates: readonly Candidate[],
  runs: readonly DetectRun[],
): { readonly attempt: GroupAttempt; readonly resolution?: PlanResolution<PassedCandidate> } {
  const members = candidates.map(({ kind, reference, optional }, index): AttemptMember => ({ kind, reference, optional, verdict: runs[index]!.verdict }));
  const attempt = (result: GroupAttempt['result'], failures: readonly TrialFailure[] = []): GroupAttempt => ({ members, result, failures });

  const blocking = members.filter(({ optional, verdict }) => !optional && verdict !== 'pass');
  // As the reference: a group that does not work out counts as errored when any member, even an optional one, failed with an error.
  if (blocking.length > 0) {
    const anyError = members.some(({ verdict, optional }) => verdict === 'error' || (verdict === 'unsupported' && !optional));
    return { attempt: attempt(anyError ? 'errored' : 'failed') };
  }
  if (!members.some(({ kind, verdict }) => kind === 'buildpack' && verdict === 'pass')) return { attempt: attempt('no-buildpack') };

  const passed = candidates.flatMap((candidate, index): readonly PassedCandidate[] => {
    const run = runs[index]!;
    const { reference, optional, kind } = candidate;
    return run.verdict === 'pass' ? [{ candidate, reference, optional, extension: kind === 'extension', plan: run.plan }] : [];
  });
  const resolution = resolvePlan(passed);
  return resolution.kind === 'resolved' ? { attempt: attempt('passed'), resolution } : { attempt: attempt('plan-unresolved', resolution.failures), resolution };
}

function groupOf(members: readonly PassedCandidate[]): Group {
  const elements = (kind: ModuleKind): readonly GroupElement[] =>
    members
      .filter(({ candidate }) => candidate.kind === kind)
      .map(({ candidate: { reference, module } }) => {
        const { api, homepage } = module.descriptor;
        return { ...reference, api: formatApiVersion(api), ...(homepage === undefined || homepage === '' ? {} : { homepage }) };
      });
  return { group: elements('buildpack'), groupExtensions: elements('extension') };
}

function keyOf(candidate: Candidate): string {
  return `${candidate.kind} ${candidate.reference.id}@${candidate.reference.version}`;
}
