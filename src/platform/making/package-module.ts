import { dirname, extname } from 'node:path';
import { createPackage } from '../../builder/index.ts';
import type { PackagedModule } from '../../builder/index.ts';
import { parsePackageToml, targetParts } from '../../cnb/index.ts';
import type { PackageToml, SupportedTarget } from '../../cnb/index.ts';
import { TspackError, removeTree } from '../../foundation/index.ts';
import { createOciArchive, formatPlatform, imagePlatform } from '../../oci/index.ts';
import { createWorkDirectory } from '../../store/index.ts';
import type { Task } from '../api.ts';
import { writeWhole } from '../deliver.ts';
import { requireMakingPlaces } from '../require-places.ts';
import { requireOutputPlaces } from '../output-places.ts';
import type { MadeImage, MakingResult, PackageModuleOptions } from './api.ts';
import { chooseTargets } from './choose-targets.ts';
import { imageSources } from './image-sources.ts';
import { openPackaged } from './open-packaged.ts';
import type { MakingPorts } from './ports.ts';
import { readConfig } from './read-config.ts';
import { putImages } from './put-images.ts';
import type { ImageForTarget } from './put-images.ts';

/** What package.toml says, or the flags alone. */
interface Recipe extends PackageToml {
  readonly baseDirectory: string;
}

/** `buildpack package` and `extension package`, with pack's meaning of each flag. Throws `PACKAGE_INVALID` and what opening the modules throws. */
export async function packageModule(options: PackageModuleOptions, ports: MakingPorts, task: Task): Promise<MakingResult> {
  requireOutputPlaces(options.format === 'file' ? [{ kind: 'oci-archive', path: options.name }] : options.outputs);
  const recipe = readRecipe(options);
  const open = (uri: string, target: SupportedTarget) => openFor(uri, target, recipe, options, ports, task);
  const main = (await open(recipe.uri, { os: recipe.os, distros: [] })).main;
  const targets = targetsOf(main, recipe, options, ports, task);
  await requireMakingPlaces(options, options.format === 'file' ? [] : [options.name, ...options.tags], ports, task);
  const made: ImageForTarget[] = [];
  const workDirectory = createWorkDirectory(ports.modules.home);
  try {
    for (const target of targets) made.push({ target, image: await packageFor(target, targets.length, recipe, options, ports, task, workDirectory, open) });
  } finally {
    removeTree(workDirectory);
  }
  return options.format === 'file' ? await putFiles(made, options, ports, task) : await putImages(made, options, ports, task);
}

function readRecipe({ config, path, kind }: PackageModuleOptions): Recipe {
  if (config === undefined) return { uri: path, dependencies: [], os: 'linux', targets: [], baseDirectory: path };
  return { ...readConfig(config, (text, file) => parsePackageToml(text, file, kind)), baseDirectory: dirname(config) };
}

/** A composite's are in package.toml, because its buildpack.toml has none. */
function targetsOf({ summary }: PackagedModule, recipe: Recipe, options: PackageModuleOptions, { hostPlatform }: MakingPorts, { events }: Task) {
  const isComposite = (summary.layer.order ?? []).length > 0;
  const targets = chooseTargets(options, isComposite ? recipe.targets : (summary.layer.targets ?? []), hostPlatform);
  if (targets.length > 0) return targets;
  const place = isComposite ? 'package.toml' : `${summary.kind}.toml`;
  events({
    kind: 'message',
    level: 'info',
    message: `No target is named, here or by [[targets]] in ${place}: the package is for ${recipe.os} of any architecture`,
  });
  // A daemon has no images without an architecture.
  const needsArchitecture = options.format === 'image' && options.outputs.some(({ kind }) => kind === 'docker' || kind === 'docker-archive');
  return [{ os: recipe.os, ...(needsArchitecture ? { arch: hostPlatform.architecture } : {}), distros: [] }];
}

async function packageFor(
  target: SupportedTarget,
  count: number,
  recipe: Recipe,
  options: PackageModuleOptions,
  ports: MakingPorts,
  { signal }: Task,
  workDirectory: string,
  open: (uri: string, target: SupportedTarget) => ReturnType<typeof openFor>,
) {
  const { main } = await open(recipe.uri, target);
  const dependencies: PackagedModule[] = [];
  for (const uri of recipe.dependencies) {
    signal.throwIfAborted();
    const opened = await open(uri, target);
    if (count > 1 && opened.main.content.kind === 'folder') throw folderForSeveral(uri);
    dependencies.push(opened.main, ...opened.dependencies);
  }
  return await createPackage({
    main,
    dependencies,
    ...(options.flatten ? { flatten: { except: options.flattenExclude } } : {}),
    labels: options.labels,
    target,
    layerWriter: ports.modules.store.layerWriter,
    workDirectory,
  });
}

function openFor(uri: string, target: SupportedTarget, { baseDirectory }: Recipe, options: PackageModuleOptions, ports: MakingPorts, task: Task) {
  return openPackaged({ kind: options.kind, uri, baseDirectory, target, sources: imageSources(options) }, ports, task);
}

/** One folder cannot be the right one for several architectures. */
function folderForSeveral(uri: string): TspackError {
  return new TspackError({
    code: 'PACKAGE_INVALID',
    message: `Cannot make packages for several targets with "${uri}": a dependency of such a package must be an image for all of them`,
    nextStep: 'Publish it with tspack buildpack package, and write its image name as the uri',
  });
}

/** `.cnb` files: an OCI layout as one uncompressed tar each (`distribution.md#buildpackage`). */
async function putFiles(made: readonly ImageForTarget[], options: PackageModuleOptions, ports: MakingPorts, task: Task): Promise<MakingResult> {
  const { store } = ports.modules;
  const images: MadeImage[] = [];
  for (const { target, image } of made) {
    const path = made.length === 1 ? options.name : fileFor(options.name, target);
    const archive = await createOciArchive([{ image, references: [] }], store.compressor);
    await writeWhole(path, archive.open(), task.signal);
    const digest = archive.descriptors[0]!.digest;
    task.events({ kind: 'delivered', place: 'file', name: path, digest });
    images.push({ platform: formatPlatform(imagePlatform(image)), imageId: image.imageId, manifestDigest: digest, places: [path] });
  }
  return { name: options.name, images };
}

/** `name-linux-amd64.cnb`. */
function fileFor(name: string, target: SupportedTarget): string {
  const extension = extname(name);
  return `${name.slice(0, name.length - extension.length)}-${targetParts(target).join('-').replaceAll('@', '-')}${extension}`;
}
