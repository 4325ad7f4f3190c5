import { join } from 'node:path';
import {
  LABELS,
  escapeBuildpackId,
  formatBuildpackReference,
  parseBuildpackId,
  parseBuildpackageMetadataLabel,
  parseModuleLayersLabel,
} from '../../cnb/index.ts';
import { TspackError, removeTree, rewordErrors } from '../../foundation/index.ts';
import { listMounted, resolveMounted } from '../../lifecycle/index.ts';
import { unpackImage } from '../../oci/index.ts';
import { createWorkDirectory } from '../../store/index.ts';
import { MODULE_PLACES, readModuleFolder } from './module-folder.ts';
import type { BuildpackReference, ModuleLayersLabel } from '../../cnb/index.ts';
import type { HostPath, SandboxPath } from '../../executor/index.ts';
import type { Image } from '../../oci/index.ts';
import type { Home } from '../../store/index.ts';
import type { ModuleFolder, ModuleKind } from './module-folder.ts';

/** A buildpack or extension with everything that came along: the members of a composite. */
export interface OpenedModule {
  readonly main: BuildpackReference;
  readonly folders: readonly ModuleFolder[];
}

/**
 * Opens a buildpackage, or the package of an extension (`distribution.md#buildpackage`; CNB.md C195): unpacked once for its content; each
 * buildpack of its label must be where the specification puts it, and must be what the label says. `name` is what the
 * user called it. Throws `MODULE_INVALID`, and what unpacking throws.
 */
export async function openPackage(
  image: Image,
  kind: ModuleKind,
  name: string,
  options: { readonly home: Home; readonly signal: AbortSignal },
): Promise<OpenedModule> {
  const labels = image.config.config?.Labels ?? {};
  const metadata = labels[LABELS.buildpackageMetadata];
  const layers = labels[kind === 'buildpack' ? LABELS.buildpackLayers : LABELS.extensionLayers];
  if (metadata === undefined || layers === undefined) {
    const missing = metadata === undefined ? LABELS.buildpackageMetadata : kind === 'buildpack' ? LABELS.buildpackLayers : LABELS.extensionLayers;
    throw invalid(name, `it is not a package of ${kind === 'buildpack' ? 'a buildpack' : 'an extension'}, label ${missing} is missing`);
  }
  const [main, modules] = decoded(name, () => [parseBuildpackageMetadataLabel(metadata), parseModuleLayersLabel(layers)] as const);
  const members = membersOf(modules, name);
  const reference = members.find(({ id, version }) => id === main.id && version === main.version);
  if (reference === undefined) throw invalid(name, `it says that it is ${main.id}@${main.version}, which its layers do not hold`);
  for (const [id, versions] of Object.entries(modules)) {
    for (const [version, { layerDiffID }] of Object.entries(versions)) {
      if (image.layers.some(({ diffId }) => diffId === layerDiffID)) continue;
      throw invalid(name, `its label puts ${id}@${version} into layer ${layerDiffID}, which it does not have`);
    }
  }
  const root = await unpackPackage(image, options);
  return { main: reference, folders: members.map((member) => folderOf(root, member, kind, name)) };
}

function membersOf(modules: ModuleLayersLabel, name: string): readonly BuildpackReference[] {
  return decoded(name, () =>
    Object.entries(modules).flatMap(([id, versions]) => Object.keys(versions).map((version) => ({ id: parseBuildpackId(id), version }))),
  );
}

async function unpackPackage(image: Image, { home, signal }: { readonly home: Home; readonly signal: AbortSignal }): Promise<HostPath> {
  const workDirectory = createWorkDirectory(home);
  try {
    return (await unpackImage({ image, cacheDirectory: join(home.cache, 'packages'), workDirectory, events: () => undefined, signal })) as HostPath;
  } finally {
    removeTree(workDirectory);
  }
}

function folderOf(root: HostPath, reference: BuildpackReference, kind: ModuleKind, name: string): ModuleFolder {
  const path = `${MODULE_PLACES[kind]}/${escapeBuildpackId(reference.id)}/${reference.version}`;
  const image = { hostPath: root, sandboxPath: '/' as SandboxPath, root };
  // The label may name any version, also one with a slash.
  const found = reference.version.includes('/') ? undefined : resolveMounted(image, path);
  if (found?.stats.isDirectory() !== true) {
    const there = listMounted(image, MODULE_PLACES[kind]);
    throw invalid(name, `its label names ${formatBuildpackReference(reference)}, but ${path} is not there (${there.join(', ') || 'nothing is'})`);
  }
  const folder = readModuleFolder(found.hostPath, kind, name);
  if (folder.reference.id !== reference.id || folder.reference.version !== reference.version) {
    throw invalid(name, `its label names ${formatBuildpackReference(reference)}, but ${path} holds ${formatBuildpackReference(folder.reference)}`);
  }
  return folder;
}

function decoded<Value>(name: string, decode: () => Value): Value {
  return rewordErrors(decode, (error) => invalid(name, error.message, error));
}

function invalid(name: string, why: string, cause?: unknown): TspackError {
  return new TspackError({
    code: 'MODULE_INVALID',
    message: `Cannot use "${name}" as a buildpack: ${why}`,
    nextStep: 'Package it again with tspack buildpack package',
    cause,
  });
}
