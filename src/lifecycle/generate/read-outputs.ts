import { parseExtendConfig } from '../../cnb/index.ts';
import { parseDockerfile } from '../../dockerfile/index.ts';
import { TspackError } from '../../foundation/index.ts';
import { readMountedText, resolveMounted } from '../mounted-directory.ts';
import { EXTEND_CONFIG } from './extension-files.ts';
import { extensionOutputInvalid } from './extension-error.ts';
import type { BuildpackReference } from '../../cnb/index.ts';
import type { Dockerfile } from '../../dockerfile/index.ts';
import type { EventSink } from '../../foundation/index.ts';
import type { LifecycleEvent } from '../events.ts';
import type { MountedDirectory } from '../mounted-directory.ts';
import type { ExtendKind } from './extension-files.ts';

/** A Dockerfile that an extension generated. */
export interface GeneratedDockerfile {
  readonly extension: BuildpackReference;
  readonly kind: ExtendKind;
  /** The image that a run.Dockerfile starts from, when it is not the one it is given. */
  readonly newBase?: string;
  /** It has more than FROM. */
  readonly extends: boolean;
  /** A later run.Dockerfile starts from another image. */
  readonly ignored: boolean;
}

/** What a Dockerfile of an extension may hold without a warning (image_extension.md#dockerfile-requirements). */
const RECOMMENDED: readonly string[] = ['ADD', 'ARG', 'COPY', 'ENV', 'LABEL', 'RUN', 'SHELL', 'USER', 'WORKDIR'];
const BASE_IMAGE = 'base_image';
/** What the lifecycle itself gives. */
const OWN_ARGUMENTS: readonly string[] = ['build_id', 'user_id', 'group_id'];

/**
 * Reads and checks what one extension left in its output folder (CNB.md C071, C072). Throws `EXTENSION_OUTPUT_INVALID`
 * (exit code 92).
 */
export async function readExtensionOutputs(
  extension: BuildpackReference,
  folder: MountedDirectory,
  events: EventSink<LifecycleEvent>,
): Promise<readonly GeneratedDockerfile[]> {
  try {
    checkConfig(extension, folder);
    checkContexts(extension, folder);
    const found: GeneratedDockerfile[] = [];
    for (const kind of ['run', 'build'] as const) {
      const name = `${kind}.Dockerfile`;
      const text = readMountedText(folder, name);
      if (text === undefined) continue;
      const dockerfile = await parseDockerfile(text, `${extension.id}/${name}`);
      const { from, instructions } = onlyStage(extension, dockerfile, name);
      for (const { keyword, line } of instructions) {
        if (RECOMMENDED.includes(keyword)) continue;
        events({ kind: 'message', level: 'warning', message: `${name} of extension ${extension.id}: ${keyword} in line ${line} is not recommended` });
      }
      if (kind === 'build') checkPreamble(extension, dockerfile);
      const isGiven = from.image === `\${${BASE_IMAGE}}` || from.image === `$${BASE_IMAGE}`;
      found.push({ extension, kind, ...(kind === 'build' || isGiven ? {} : { newBase: from.image }), extends: instructions.length > 0, ignored: false });
    }
    return found;
  } catch (error) {
    if (!(error instanceof TspackError) || error.code === 'EXTENSION_OUTPUT_INVALID') throw error;
    throw extensionOutputInvalid(extension, error.message.charAt(0).toLowerCase() + error.message.slice(1), error);
  }
}

function onlyStage(extension: BuildpackReference, dockerfile: Dockerfile, name: string): Dockerfile['stages'][number] {
  const [stage, second] = dockerfile.stages;
  if (second !== undefined) throw extensionOutputInvalid(extension, `${name} has a second FROM in line ${second.from.line}, and may have one only`);
  return stage!;
}

/** `ARG base_image`, perhaps with a default, and `FROM ${base_image}`. */
function checkPreamble(extension: BuildpackReference, { globalArguments, stages }: Dockerfile): void {
  const [first, second] = globalArguments;
  const names = first?.arguments.map(({ name }) => name);
  if (second !== undefined || names?.length !== 1 || names[0] !== BASE_IMAGE) {
    throw extensionOutputInvalid(extension, `build.Dockerfile must begin with "ARG ${BASE_IMAGE}"`);
  }
  const { image } = stages[0]!.from;
  if (image !== `\${${BASE_IMAGE}}`) throw extensionOutputInvalid(extension, `build.Dockerfile starts FROM "${image}", and must start FROM \${${BASE_IMAGE}}`);
}

function checkConfig(extension: BuildpackReference, folder: MountedDirectory): void {
  const text = readMountedText(folder, EXTEND_CONFIG);
  if (text === undefined) return;
  const { build, run } = parseExtendConfig(text, `${folder.sandboxPath}/${EXTEND_CONFIG}`);
  const taken = [...build, ...run].find(({ name }) => OWN_ARGUMENTS.includes(name));
  if (taken !== undefined) throw extensionOutputInvalid(extension, `${EXTEND_CONFIG} sets "${taken.name}", which is given by the lifecycle`);
}

function checkContexts(extension: BuildpackReference, folder: MountedDirectory): void {
  const isFolder = (name: string) => resolveMounted(folder, name)?.stats.isDirectory() === true;
  const own = ['context.build', 'context.run'].find(isFolder);
  if (isFolder('context') && own !== undefined) throw extensionOutputInvalid(extension, `it has both "context" and "${own}"`);
}
