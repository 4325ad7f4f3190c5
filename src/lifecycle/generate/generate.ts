import { chmodSync, cpSync, lstatSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import {
  buildpackPlanOf,
  escapeBuildpackId,
  formatBuildpackPlan,
  formatBuildpackReference,
  isApiAtLeast,
  requireBuildpackApi,
  withoutExtensionEntries,
  withoutMet,
} from '../../cnb/index.ts';
import { executableEnv, readProvidedEnv, startingEnv } from '../buildpack-env.ts';
import { mountedChild, readMountedText, resolveMounted } from '../mounted-directory.ts';
import { executablePath, requireModule } from '../module-store.ts';
import { notStarted } from '../not-started.ts';
import { PLAN_FILE, createPlanFolder } from '../plan-folder.ts';
import { chooseRunImage } from './choose-run-image.ts';
import { ExtensionError, extensionOutputInvalid } from './extension-error.ts';
import { EXTEND_CONFIG, IGNORED, extensionFiles } from './extension-files.ts';
import { readExtensionOutputs } from './read-outputs.ts';
import type { AnalyzedRunImage, BuildpackPlan, Group, GroupElement, Plan } from '../../cnb/index.ts';
import type { ProcessExit, ProcessSpec, Sandbox, SandboxPath } from '../../executor/index.ts';
import type { EventSink } from '../../foundation/index.ts';
import type { PhaseEnvironment, ProvidedEnv } from '../buildpack-env.ts';
import type { LifecycleEvent } from '../events.ts';
import type { MountedDirectory } from '../mounted-directory.ts';
import type { LocatedModule, ModuleStore } from '../module-store.ts';
import type { GeneratedDockerfile } from './read-outputs.ts';

export interface GenerateInputs extends PhaseEnvironment {
  readonly group: Group;
  readonly plan: Plan;
  readonly app: SandboxPath;
  /** `<generated>`, writable in the sandbox; what extensions write stays there. */
  readonly generated: MountedDirectory;
  /** A folder that processes may write to. */
  readonly scratch: MountedDirectory;
  /** The run image of analyzed.toml. */
  readonly runImage: AnalyzedRunImage;
  /** Every name in run.toml, mirrors included. */
  readonly runImageNames: readonly string[];
  readonly signal?: AbortSignal;
}

export interface GeneratePorts {
  readonly sandbox: Sandbox;
  readonly modules: ModuleStore;
  readonly events: EventSink<LifecycleEvent>;
}

export interface GenerateOutcome {
  readonly dockerfiles: readonly GeneratedDockerfile[];
  /** Without what extensions provide: all of that is met (CNB.md C075). */
  readonly plan: Plan;
  /** For analyzed.toml; without a target and with the name as reference when an extension has chosen another image. */
  readonly runImage: AnalyzedRunImage;
}

/**
 * Runs bin/generate of each extension of the group (image_extension.md#phase-generation, CNB.md C070-C075). Throws
 * `EXTENSION_FAILED` (91), `EXTENSION_OUTPUT_INVALID` (92), `BUILDPACK_NOT_FOUND`, `BUILDPACK_API_UNSUPPORTED`,
 * `SANDBOX_FAILED`, and the abort reason.
 */
export async function generate(inputs: GenerateInputs, ports: GeneratePorts): Promise<GenerateOutcome> {
  const provided = readProvidedEnv(inputs);
  const found: GeneratedDockerfile[] = [];
  let { plan } = inputs;
  const outputs = new Map<string, MountedDirectory>();
  for (const element of inputs.group.groupExtensions) {
    inputs.signal?.throwIfAborted();
    requireBuildpackApi(element.api, formatBuildpackReference(element));
    const output = outputFolder(element, inputs);
    outputs.set(element.id, output);
    const ownPlan = buildpackPlanOf(plan, element.id, true);
    await runGenerate(element, { output, provided, plan: ownPlan }, inputs, ports);
    requireRealFolder(element, output);
    // The first extension that provides an entry meets it.
    plan = withoutMet(
      plan,
      ownPlan.entries.map(({ name }) => name),
    );
    found.push(...(await readExtensionOutputs({ id: element.id, version: element.version }, output, ports.events)));
  }
  const { newBase, extend, dockerfiles } = chooseRunImage(found);
  for (const element of inputs.group.groupExtensions) requireRealFolder(element, outputs.get(element.id)!);
  for (const dockerfile of dockerfiles) placeDockerfile(dockerfile, outputs.get(dockerfile.extension.id)!, inputs);
  if (!isApiAtLeast(inputs.platformApi, '0.13')) for (const output of outputs.values()) rmSync(output.hostPath, { recursive: true, force: true });
  return { dockerfiles, plan: withoutExtensionEntries(plan), runImage: runImageAfter(newBase, extend, inputs, ports) };
}

/** From Platform API 0.13 outputs are written where they stay. */
function outputFolder({ id }: GroupElement, { generated, scratch, platformApi }: GenerateInputs): MountedDirectory {
  if (isApiAtLeast(platformApi, '0.13')) {
    const folder = mountedChild(generated, escapeBuildpackId(id));
    rmSync(folder.hostPath, { recursive: true, force: true });
    mkdirSync(folder.hostPath, { recursive: true });
    chmodSync(folder.hostPath, 0o777);
    return folder;
  }
  // Directly in `scratch`, for the reason of plan folders.
  const hostPath = mkdtempSync(join(scratch.hostPath, 'generated-'));
  chmodSync(hostPath, 0o777);
  return mountedChild(scratch, basename(hostPath));
}

/** While no process runs: one could have put a link to a folder of the host in its place. */
function requireRealFolder(extension: GroupElement, output: MountedDirectory): void {
  if (lstatSync(output.hostPath, { throwIfNoEntry: false })?.isDirectory() !== true) {
    throw extensionOutputInvalid(extension, 'its output folder is gone');
  }
}

async function runGenerate(
  element: GroupElement,
  { output, provided, plan }: { readonly output: MountedDirectory; readonly provided: ProvidedEnv; readonly plan: BuildpackPlan },
  inputs: GenerateInputs,
  ports: GeneratePorts,
): Promise<void> {
  const module = requireModule(ports.modules, 'extension', { id: element.id, version: element.version });
  if (!module.executables.includes('generate')) {
    copyStatic(module, output);
    return;
  }
  const planFolder = createPlanFolder(inputs.scratch, formatBuildpackPlan(plan));
  const planPath = `${planFolder.sandboxPath}/${PLAN_FILE}`;
  const platform = inputs.platform.sandboxPath;
  const sink = (stream: 'stdout' | 'stderr') => (bytes: Uint8Array) => ports.events({ kind: 'output', buildpack: element.id, stream, bytes });
  const exit = await run(element, ports.sandbox, {
    command: [executablePath(module, 'generate'), output.sandboxPath, platform, planPath],
    cwd: inputs.app,
    env: executableEnv({
      // CNB_EXEC_ENV is for detect and build (buildpack.md#execution-environments).
      environment: { ...inputs, execEnv: '' },
      provided,
      module,
      env: startingEnv(inputs),
      paths: { CNB_BP_PLAN_PATH: planPath, CNB_OUTPUT_DIR: output.sandboxPath },
    }),
    stdout: sink('stdout'),
    stderr: sink('stderr'),
    ...(inputs.signal === undefined ? {} : { signal: inputs.signal }),
  });
  if (exit.code !== 0) throw new ExtensionError(element, exit);
}

async function run(element: GroupElement, sandbox: Sandbox, process: ProcessSpec): Promise<ProcessExit> {
  try {
    return await sandbox.run(process);
  } catch (error) {
    throw notStarted(error) ? new ExtensionError(element, error) : error;
  }
}

/** An extension without bin/generate brings its outputs along. The reference leaves them where the extender does not look. */
function copyStatic({ directory }: LocatedModule, output: MountedDirectory): void {
  const source = resolveMounted(directory, 'generate');
  if (source?.stats.isDirectory() === true) cpSync(source.hostPath, output.hostPath, { recursive: true, verbatimSymlinks: true });
}

function placeDockerfile({ extension, kind, ignored }: GeneratedDockerfile, output: MountedDirectory, { generated, platformApi }: GenerateInputs): void {
  const { folder, dockerfile } = extensionFiles(generated, extension.id, kind, platformApi);
  const target = join(folder.hostPath, dockerfile);
  if (isApiAtLeast(platformApi, '0.13')) {
    if (ignored) renameSync(join(output.hostPath, `${kind}.Dockerfile`), `${target}${IGNORED}`);
    return;
  }
  mkdirSync(folder.hostPath, { recursive: true });
  writeFileSync(ignored ? `${target}${IGNORED}` : target, readMountedText(output, `${kind}.Dockerfile`) ?? '');
  const config = readMountedText(output, EXTEND_CONFIG);
  if (config !== undefined) writeFileSync(join(folder.hostPath, EXTEND_CONFIG), config);
}

function runImageAfter(newBase: string | undefined, extend: boolean, inputs: GenerateInputs, { events }: GeneratePorts): AnalyzedRunImage {
  const { runImage, runImageNames, platformApi } = inputs;
  // Exactly as written: a digest in it counts.
  const isNew = newBase !== undefined && (!isApiAtLeast(platformApi, '0.12') || newBase !== runImage.image);
  if (!isNew) return extend ? { ...runImage, extend } : runImage;
  if (!runImageNames.includes(newBase)) {
    events({ kind: 'message', level: 'warning', message: `The run image "${newBase}", which an extension has chosen, is not among those of the builder` });
  }
  return { reference: newBase, image: newBase, ...(extend ? { extend } : {}) };
}
