import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { LABELS, parseExtendConfig } from '../../cnb/index.ts';
import { executeDockerfile, findAccount, parseDockerfile } from '../../dockerfile/index.ts';
import { TspackError } from '../../foundation/index.ts';
import { EXTEND_CONFIG, contextDirectory, extensionFiles } from '../generate/extension-files.ts';
import { readMountedText } from '../mounted-directory.ts';
import type { ApiVersion, ExtendArgument, GroupElement } from '../../cnb/index.ts';
import type { DockerContainerConfig, DockerfilePorts, RunSurroundings, StageImage } from '../../dockerfile/index.ts';
import type { HostPath } from '../../executor/index.ts';
import type { EventSink } from '../../foundation/index.ts';
import type { Layer } from '../../oci/index.ts';
import type { LifecycleEvent } from '../events.ts';
import type { MountedDirectory } from '../mounted-directory.ts';
import type { ExtendKind } from '../generate/extension-files.ts';

export interface ExtendInputs {
  readonly kind: ExtendKind;
  /** Of the group, in order. */
  readonly extensions: readonly GroupElement[];
  /** What generate left. */
  readonly generated: MountedDirectory;
  /** Host folder of the application: the context of Dockerfiles that bring none. */
  readonly app: HostPath;
  /** The image to extend, opened. */
  readonly image: StageImage;
  readonly platformApi: ApiVersion;
  /** A UUID, another one for each build. */
  readonly buildId: string;
  /** `<app>`, `<layers>` and `<platform>` in the image: what is written there is not kept. */
  readonly ignoredPaths: readonly string[];
  readonly surroundings: RunSurroundings;
  readonly signal?: AbortSignal;
}

export interface ExtendPorts extends Omit<DockerfilePorts, 'base' | 'events'> {
  readonly events: EventSink<LifecycleEvent>;
}

/** A layer that an extension put on the image. */
export interface ExtensionLayer {
  readonly extensionId: string;
  /** The instruction. */
  readonly createdBy: string;
  /** Absent for a build image, of which only the root is needed. */
  readonly layer?: Layer;
}

export interface ExtendOutcome {
  /** The extended image; the given one when there was nothing to apply. */
  readonly image: StageImage;
  readonly layers: readonly ExtensionLayer[];
  /** How many Dockerfiles were applied. */
  readonly applied: number;
}

interface Applied {
  readonly image: StageImage;
  readonly layers: readonly ExtensionLayer[];
  readonly isRebasable: boolean;
  readonly count: number;
}

/**
 * Applies the Dockerfiles of the group's extensions to an image, one on the other (image_extension.md#phase-extension,
 * platform.md#extender, CNB.md C077-C079). Throws `EXTEND_ROOT_USER` (102) when a run image would run as root, and what
 * executing a Dockerfile throws.
 */
export async function extend(inputs: ExtendInputs, ports: ExtendPorts): Promise<ExtendOutcome> {
  const { kind, image } = inputs;
  const original = userOf(image.config);
  let applied: Applied = { image, layers: [], isRebasable: true, count: 0 };
  for (const extension of inputs.extensions) {
    inputs.signal?.throwIfAborted();
    applied = await applyExtension(extension, applied, inputs, ports);
  }
  const final = userOf(applied.image.config);
  if (applied.count > 0 && kind === 'run' && isRoot(applied.image)) {
    throw new TspackError({
      code: 'EXTEND_ROOT_USER',
      message: `Cannot extend the run image: the extensions leave "${applied.image.config.User ?? ''}" as its user, which is root`,
      nextStep: 'Let the last run.Dockerfile end with USER ${user_id}:${group_id}',
    });
  }
  if (applied.count > 0 && final.user !== original.user) {
    warn(
      ports,
      `The extensions leave the user of the ${kind} image at ${final.user === '' ? 'root' : final.user}; it was ${original.user === '' ? 'root' : original.user}`,
    );
  }
  return { image: applied.image, layers: applied.layers, applied: applied.count };
}

async function applyExtension(extension: GroupElement, before: Applied, inputs: ExtendInputs, ports: ExtendPorts): Promise<Applied> {
  const { kind, generated, platformApi, signal } = inputs;
  const { folder, dockerfile: name } = extensionFiles(generated, extension.id, kind, platformApi);
  const text = readMountedText(folder, name);
  if (text === undefined) return before;
  const file = `${kind}.Dockerfile of extension ${extension.id}`;
  const dockerfile = await parseDockerfile(text, file);
  const { user, group } = userOf(before.image.config);
  const groupId = group === '' ? String(findAccount(before.image.index, user)?.gid ?? '') : group;
  // Only a label that this Dockerfile sets counts for it.
  const base = withoutRebasable(before.image);
  const context = contextDirectory(folder, kind) ?? inputs.app;
  const image = await executeDockerfile(
    {
      dockerfile,
      dockerfilePath: join(folder.hostPath, name),
      context,
      buildArguments: { build_id: inputs.buildId, user_id: user, group_id: groupId, ...configuredArguments(folder, kind), base_image: BASE_IMAGE },
      volatileArguments: ['build_id'],
      platform: base.platform,
      ignoredPaths: inputs.ignoredPaths,
      surroundings: inputs.surroundings,
      ...(signal === undefined ? {} : { signal }),
    },
    {
      ...ports,
      // Whatever a run.Dockerfile starts from, generate has made it the run image.
      base: () => Promise.resolve({ ...base, added: [] }),
      events: (event) => tell(event, extension, ports),
    },
  );
  const isRebasable = before.isRebasable && image.config.Labels?.[LABELS.rebasable] === 'true';
  warnOfRoot(extension, image, user, kind, ports);
  return {
    image: withLabel(image, isRebasable),
    layers: [
      ...before.layers,
      ...image.added.map(({ createdBy, layer }) => ({ extensionId: extension.id, createdBy, ...(layer === undefined ? {} : { layer }) })),
    ],
    isRebasable,
    count: before.count + 1,
  };
}

/** What FROM sees as `${base_image}`: a name that no stage has. */
const BASE_IMAGE = 'base-image.extension.invalid';

function configuredArguments(folder: MountedDirectory, kind: ExtendKind): Readonly<Record<string, string>> {
  const text = readMountedText(folder, EXTEND_CONFIG);
  if (text === undefined) return {};
  const config = parseExtendConfig(text, `${folder.sandboxPath}/${EXTEND_CONFIG}`);
  return Object.fromEntries(config[kind].map(({ name, value }: ExtendArgument) => [name, value]));
}

/** `User` as it is written, in two. */
function userOf(config: DockerContainerConfig): { readonly user: string; readonly group: string } {
  const [user = '', group = ''] = (config.User ?? '').split(':');
  return { user, group };
}

function isRoot({ config, index }: StageImage): boolean {
  return findAccount(index, config.User ?? '')?.uid === 0;
}

function withoutRebasable(image: StageImage): StageImage {
  const { [LABELS.rebasable]: _label, ...labels } = image.config.Labels ?? {};
  return { ...image, config: { ...image.config, Labels: labels } };
}

function withLabel(image: StageImage, isRebasable: boolean): StageImage {
  return { ...image, config: { ...image.config, Labels: { ...image.config.Labels, [LABELS.rebasable]: String(isRebasable) } } };
}

function warnOfRoot(extension: GroupElement, image: StageImage, user: string, kind: ExtendKind, ports: ExtendPorts): void {
  if (!isRoot(image)) return;
  warn(ports, `Extension ${extension.id} changes the user of the ${kind} image from ${user} to root; a following extension must reset it`);
}

function warn({ events }: ExtendPorts, message: string): void {
  events({ kind: 'message', level: 'warning', message });
}

function tell(event: Parameters<DockerfilePorts['events']>[0], extension: GroupElement, { events }: ExtendPorts): void {
  switch (event.kind) {
    case 'message':
      return events(event);
    case 'output':
      return events({ kind: 'output', buildpack: extension.id, stream: event.stream, bytes: event.bytes });
    case 'instruction':
      return events({ kind: 'message', level: 'info', message: `${extension.id}: ${event.source}${event.cached ? ' (cached)' : ''}` });
  }
}

/** Whether any extension of the group left a Dockerfile for the image. */
export function hasDockerfiles(inputs: Pick<ExtendInputs, 'kind' | 'extensions' | 'generated' | 'platformApi'>): boolean {
  return inputs.extensions.some(({ id }) => {
    const { folder, dockerfile } = extensionFiles(inputs.generated, id, inputs.kind, inputs.platformApi);
    return existsSync(join(folder.hostPath, dockerfile));
  });
}
