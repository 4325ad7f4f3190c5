import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { folderModule, findBundledBuilder, moduleName, readBundledBuildpacks } from '../../builder/index.ts';
import type { PackagedModule } from '../../builder/index.ts';
import { LABELS, parseBuildpackageMetadataLabel, parseModuleLayersLabel } from '../../cnb/index.ts';
import type { BuilderModule, ModuleKind, SupportedTarget } from '../../cnb/index.ts';
import { TspackError } from '../../foundation/index.ts';
import { openLayoutStore } from '../../oci/index.ts';
import type { Image, ImagePlatform } from '../../oci/index.ts';
import type { Task } from '../api.ts';
import { readLayoutImage, unpackArchive } from '../images/archive-image.ts';
import { pullImage } from '../images/pull-image.ts';
import { kindOfFolder } from '../modules/module-folder.ts';
import { parseModuleUri } from '../modules/module-uri.ts';
import type { ModuleLocation } from '../modules/module-uri.ts';
import { findRegistered } from '../modules/registry-index.ts';
import type { ImageSources } from './image-sources.ts';
import type { MakingPorts } from './ports.ts';
import { targetFolder } from './target-folder.ts';

export interface OpenPackagedRequest {
  readonly kind: ModuleKind;
  /** Anything that `--buildpack` takes. */
  readonly uri: string;
  readonly baseDirectory: string;
  readonly target: SupportedTarget;
  readonly sources: ImageSources;
  /** The bundled builder whose buildpacks `urn:cnb:builder:<id>` means. */
  readonly builder?: string;
}

/** A module and, from a package, what came with it. */
export interface OpenedPackage {
  readonly main: PackagedModule;
  readonly dependencies: readonly PackagedModule[];
  /** For people. */
  readonly place: string;
  /** What the label of a package says of its main module, where the labels of its layers say less. */
  readonly info?: BuilderModule;
}

/**
 * A buildpack or extension from anywhere, ready for a package or a builder: layers of packages stay the layers that they
 * are. Throws `MODULE_URI_INVALID`, `MODULE_NOT_FOUND`, `MODULE_INVALID`, and what pulling and unpacking throw.
 */
export async function openPackaged(request: OpenPackagedRequest, ports: MakingPorts, task: Task): Promise<OpenedPackage> {
  const bundled = request.builder === undefined ? [] : bundledFolders(request.builder, ports);
  const isInBuilder = (id: string, version?: string) =>
    bundled.some(({ summary: { info } }) => info.id === id && (version === undefined || info.version === version));
  const location = parseModuleUri(request.uri, { baseDirectory: request.baseDirectory, isInBuilder });
  return await openLocation(location, bundled, request, ports, task);
}

/** The buildpacks of a bundled builder. */
export function bundledFolders(builder: string, { bundled }: MakingPorts): readonly PackagedModule[] {
  const definition = findBundledBuilder(bundled.buildersDirectory, builder);
  return readBundledBuildpacks(definition, bundled.buildpacksDirectory).map(({ directory }) => folderModule(directory, 'buildpack'));
}

async function openLocation(
  location: ModuleLocation,
  bundled: readonly PackagedModule[],
  request: OpenPackagedRequest,
  ports: MakingPorts,
  task: Task,
): Promise<OpenedPackage> {
  switch (location.kind) {
    case 'builder-order':
      throw invalid(request, 'there is no builder whose order could be meant', 'Name each buildpack');
    case 'reference': {
      const found = bundled.filter(({ summary: { info } }) => info.id === location.id && (location.version ?? info.version) === info.version);
      if (found[0] !== undefined) return { main: found[0], dependencies: [], place: `builder ${request.builder ?? ''}` };
      throw notFound(request, `the build image brings ${bundled.map(moduleName).join(', ') || 'no buildpacks'}`, 'Name a folder, an archive or an image');
    }
    case 'registry': {
      const here = request.uri.startsWith('urn:') || location.version !== undefined ? undefined : await findHere(request, ports, task);
      return here ?? (await openImage(findRegistered(ports.modules.buildpackRegistry, location).address, request, ports, task));
    }
    case 'image':
      return await openImage(location.image, request, ports, task);
    case 'download':
      return await openPath(await ports.modules.download(location.url, task.events, task.signal), request, ports, task);
    case 'path':
      return await openPath(location.path, request, ports, task);
  }
}

/** The name of a package in the local store or a daemon looks like an ID of the buildpack registry. */
async function findHere(request: OpenPackagedRequest, ports: MakingPorts, { events, signal }: Task): Promise<OpenedPackage | undefined> {
  const { uri: image, kind, sources } = request;
  const found = await pullImage(
    { image, role: kind, platform: platformOf(request, ports), ...sources, policy: { kind: 'never' }, events, signal },
    ports.modules,
  );
  return found && readPackage(found.image, found.place, request);
}

async function openImage(image: string, request: OpenPackagedRequest, ports: MakingPorts, { events, signal }: Task): Promise<OpenedPackage> {
  const { kind, sources } = request;
  const found = await pullImage({ image, role: kind, platform: platformOf(request, ports), ...sources, events, signal }, ports.modules);
  if (found !== undefined) return readPackage(found.image, found.place, request);
  throw notFound(request, `no image "${image}" is found${sources.policy.kind === 'never' ? ' here, and the pull policy is "never"' : ''}`, 'Check the name');
}

/** A package without an architecture is for any; a machine's own is asked for then. */
function platformOf({ target }: OpenPackagedRequest, { hostPlatform }: MakingPorts): ImagePlatform {
  const { os = hostPlatform.os, arch = hostPlatform.architecture, variant } = target;
  return { os, architecture: arch, ...(variant === undefined ? {} : { variant }) };
}

async function openPath(path: string, request: OpenPackagedRequest, ports: MakingPorts, { signal }: Task): Promise<OpenedPackage> {
  const { modules } = ports;
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) throw notFound(request, `there is no "${path}"`, 'Check the path');
  const directory = stats.isDirectory() ? path : await unpackArchive(path, { home: modules.home, signal });
  if (!existsSync(join(directory, 'oci-layout'))) return { main: openFolder(directory, request), dependencies: [], place: path };
  const image = await readLayoutImage(openLayoutStore({ directory, compressor: modules.store.compressor }), undefined, platformOf(request, ports));
  if (image === undefined) throw notFound(request, `"${path}" holds no package for this platform`, 'Package it for this platform too');
  return readPackage(image, path, request);
}

function openFolder(directory: string, request: OpenPackagedRequest): PackagedModule {
  const { kind, target } = request;
  const found = kindOfFolder(directory);
  if (found !== kind) {
    const why = found === undefined ? `it has no ${kind}.toml` : `it is ${found === 'extension' ? 'an image extension' : 'a buildpack'}`;
    throw invalid(request, why, found === undefined ? `Name a folder with ${kind}.toml` : `List it in [[${found}s]], or use tspack ${found} package`);
  }
  const own = targetFolder(directory, target);
  return own === undefined ? folderModule(directory, kind) : folderModule(own, kind, directory);
}

function readPackage(image: Image, place: string, request: OpenPackagedRequest): OpenedPackage {
  const { kind } = request;
  const labels = image.config.config?.Labels ?? {};
  const label = kind === 'buildpack' ? LABELS.buildpackLayers : LABELS.extensionLayers;
  const metadata = labels[LABELS.buildpackageMetadata];
  const layersText = labels[label];
  if (metadata === undefined || layersText === undefined) {
    throw invalid(request, `it is no package of ${kind}s: could not find label "${metadata === undefined ? LABELS.buildpackageMetadata : label}"`);
  }
  const whole = parseBuildpackageMetadataLabel(metadata);
  const modules = Object.entries(parseModuleLayersLabel(layersText)).flatMap(([id, versions]) =>
    Object.entries(versions).map(([version, { layerDiffID, ...layer }]): PackagedModule => {
      const found = image.layers.find(({ diffId }) => diffId === layerDiffID);
      if (found === undefined) throw invalid(request, `its label puts ${id}@${version} into layer ${layerDiffID}, which it does not have`);
      const { name, homepage } = layer;
      const info = { id, version, ...(name === undefined ? {} : { name }), ...(homepage === undefined ? {} : { homepage }) };
      return { summary: { kind, info, layer }, content: { kind: 'layer', layer: found } };
    }),
  );
  const main = modules.find(({ summary: { info } }) => info.id === whole.id && info.version === whole.version);
  if (main === undefined) throw invalid(request, `it says that it is ${whole.id}@${whole.version}, which its layers do not hold`);
  const byVersion = (a: PackagedModule, b: PackagedModule) => (moduleName(a) < moduleName(b) ? -1 : 1);
  return { main, dependencies: modules.filter((module) => module !== main).sort(byVersion), place, info: whole };
}

function notFound({ uri, kind }: OpenPackagedRequest, why: string, nextStep: string): TspackError {
  return new TspackError({ code: 'MODULE_NOT_FOUND', message: `Cannot find ${kind} "${uri}": ${why}`, nextStep });
}

function invalid({ uri, kind }: OpenPackagedRequest, why: string, nextStep = 'Package it again with tspack buildpack package'): TspackError {
  return new TspackError({
    code: 'MODULE_INVALID',
    message: `Cannot use "${uri}" as ${kind === 'buildpack' ? 'a buildpack' : 'an extension'}: ${why}`,
    nextStep,
  });
}
