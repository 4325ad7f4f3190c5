import { dirname } from 'node:path';
import { assembleBuilder, moduleName } from '../../builder/index.ts';
import type { BuilderRecipe, PackagedModule } from '../../builder/index.ts';
import { parseBuilderToml } from '../../cnb/index.ts';
import type { BuilderTomlModule, ModuleKind, SupportedTarget } from '../../cnb/index.ts';
import { TspackError, removeTree } from '../../foundation/index.ts';
import { createWorkDirectory } from '../../store/index.ts';
import type { Task } from '../api.ts';
import { requireOutputPlaces } from '../output-places.ts';
import { requireMakingPlaces } from '../require-places.ts';
import type { CreateBuilderImageOptions, MakingResult } from './api.ts';
import type { Image } from '../../oci/index.ts';
import { openBase } from './base-image.ts';
import type { BuilderBase } from './base-image.ts';
import type { BuilderSituation } from './builder-situation.ts';
import { checkRunImages } from './check-run-images.ts';
import { chooseTargets } from './choose-targets.ts';
import { findLifecycle } from './find-lifecycle.ts';
import { imageSources } from './image-sources.ts';
import { makeLifecycleImage } from './lifecycle-image.ts';
import { openPackaged } from './open-packaged.ts';
import type { MakingPorts } from './ports.ts';
import { readConfig } from './read-config.ts';
import { putImages } from './put-images.ts';
import type { ImageForTarget } from './put-images.ts';

/**
 * `builder create`: a builder image of a builder.toml, for one target or several, with pack's meaning of each flag. Throws
 * `SPEC_FILE_INVALID` and what reading images and modules and putting the builder together throw.
 */
export async function createBuilderImage(options: CreateBuilderImageOptions, ports: MakingPorts, task: Task): Promise<MakingResult> {
  requireOutputPlaces(options.outputs);
  const definition = readConfig(options.config, parseBuilderToml);
  const situation: BuilderSituation = { definition, baseDirectory: dirname(options.config), flatten: options.flatten, options, ports, task };
  const { name, tags, lifecycleImage } = options;
  await requireMakingPlaces(options, [name, ...tags, ...(lifecycleImage === undefined ? [] : [lifecycleImage])], ports, task);
  for (const warning of definition.warnings) warn(situation, `${options.config}: ${warning}`);
  const chosen = chooseTargets(options, definition.targets, ports.hostPlatform);
  const targets = chosen.length === 0 ? [hostTarget(ports)] : chosen;
  const made: ImageForTarget[] = [];
  const workDirectory = createWorkDirectory(ports.modules.home);
  try {
    for (const target of targets) {
      task.signal.throwIfAborted();
      made.push({ target, image: await assembleFor(target, workDirectory, situation) });
    }
  } finally {
    removeTree(workDirectory);
  }
  const result = await putImages(made, options, ports, task);
  if (lifecycleImage === undefined) return result;
  return { ...result, lifecycleImage: await makeLifecycleImage(lifecycleImage, targets, situation) };
}

export function hostTarget({ hostPlatform: { os, architecture, variant } }: MakingPorts): SupportedTarget {
  return { os, arch: architecture, ...(variant === undefined ? {} : { variant }), distros: [] };
}

/** The builder image for one target, with layers of the caller's own after those of its base. */
export async function assembleFor(
  target: SupportedTarget,
  workDirectory: string,
  situation: BuilderSituation,
  ownLayers: (base: BuilderBase) => BuilderRecipe['extraLayers'] = () => [],
): Promise<Image> {
  const { definition, options, ports, task } = situation;
  const base = await openBase(target, situation);
  await checkRunImages(target, situation);
  const lifecycle = await findLifecycle(target, situation);
  const buildpacks = await openModules('buildpack', definition.buildpacks, target, base.builder, situation);
  const extensions = await openModules('extension', definition.extensions, target, base.builder, situation);
  warnOfUnknownNames(situation.flatten, [...buildpacks, ...extensions], situation);
  return await assembleBuilder({
    definition,
    base: base.image,
    buildpacks,
    extensions,
    lifecycle,
    flatten: situation.flatten,
    labels: options.labels,
    extraLayers: [...base.extraLayers, ...ownLayers(base)],
    createdBy: { name: 'tspack', version: ports.version },
    layerWriter: ports.modules.store.layerWriter,
    workDirectory,
    warn: (message) => task.events({ kind: 'message', level: 'warning', message }),
  });
}

/** Each with its dependencies after it, as builder.toml lists them. */
async function openModules(
  kind: ModuleKind,
  modules: readonly BuilderTomlModule[],
  target: SupportedTarget,
  builder: string | undefined,
  { baseDirectory, options, ports, task }: BuilderSituation,
): Promise<readonly PackagedModule[]> {
  const opened: PackagedModule[] = [];
  for (const module of modules) {
    task.signal.throwIfAborted();
    const request = { kind, uri: module.uri, baseDirectory, target, sources: imageSources(options), ...(builder === undefined ? {} : { builder }) };
    const { main, dependencies } = await openPackaged(request, ports, task);
    requireSame(module, main);
    opened.push(main, ...dependencies);
  }
  return opened;
}

/** `id` and `version` of builder.toml are there to notice that a URI leads elsewhere. */
function requireSame({ uri, id, version }: BuilderTomlModule, { summary }: PackagedModule): void {
  const { info, kind } = summary;
  const mismatch = (what: string, found: string, wanted: string) =>
    new TspackError({
      code: 'MODULE_MISMATCH',
      message: `Cannot use ${kind} from URI "${uri}": it has ${what} "${found}", which does not match ${what} "${wanted}" from builder.toml`,
      nextStep: `Correct the ${what} or the uri in builder.toml`,
    });
  if (id !== undefined && id !== '' && id !== info.id) throw mismatch('ID', info.id, id);
  if (version !== undefined && version !== '' && version !== info.version) throw mismatch('version', info.version, version);
}

function warnOfUnknownNames(flatten: readonly (readonly string[])[], modules: readonly PackagedModule[], situation: BuilderSituation): void {
  const names = new Set(modules.map(moduleName));
  for (const name of flatten.flat()) if (!names.has(name)) warn(situation, `--flatten names "${name}", which the builder does not have`);
}

function warn({ task }: BuilderSituation, message: string): void {
  task.events({ kind: 'message', level: 'warning', message });
}
