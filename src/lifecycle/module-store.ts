import { TspackError, nearestNames } from '../foundation/index.ts';
import { escapeBuildpackId, formatBuildpackReference, inferTargets, parseBuildpackDescriptor, parseExtensionDescriptor } from '../cnb/index.ts';
import type { BuildpackDescriptor, BuildpackReference, ExtensionDescriptor } from '../cnb/index.ts';
import type { SandboxPath } from '../executor/index.ts';
import { listMounted, mountedChild, readMountedText } from './mounted-directory.ts';
import type { MountedDirectory } from './mounted-directory.ts';

/** A buildpack or image extension that is mounted in the build environment. */
export interface LocatedModule<Descriptor extends BuildpackDescriptor | ExtensionDescriptor = BuildpackDescriptor | ExtensionDescriptor> {
  readonly descriptor: Descriptor;
  readonly directory: MountedDirectory;
  /** Names in its `bin/`. */
  readonly executables: readonly string[];
}

export type ModuleKind = 'buildpack' | 'extension';

/** Where the phases find buildpacks and image extensions. */
export interface ModuleStore {
  /** undefined when there is none. Throws what reading its descriptor throws: `SPEC_FILE_INVALID`, `BUILDPACK_API_UNSUPPORTED`. */
  findBuildpack(reference: BuildpackReference): LocatedModule<BuildpackDescriptor> | undefined;
  findExtension(reference: BuildpackReference): LocatedModule<ExtensionDescriptor> | undefined;
  /** Folder names of what is there, `<escaped id>@<version>`, for "did you mean". */
  list(kind: ModuleKind): readonly string[];
}

/** The folders of a store. */
export interface ModuleFolders {
  /** Each holds `<escaped id>/<version>/buildpack.toml` (`platform.md#directory-layout`); the first that has one wins. */
  readonly buildpacks: readonly MountedDirectory[];
  /** The same with `extension.toml`. */
  readonly extensions?: readonly MountedDirectory[];
  /** Each is one buildpack; they win over `buildpacks`. */
  readonly single?: readonly MountedDirectory[];
  /** Each is one extension; they win over `extensions`. */
  readonly singleExtensions?: readonly MountedDirectory[];
}

/** A store over folders. Descriptors are read when asked for, once. */
export function createModuleStore(folders: ModuleFolders): ModuleStore {
  const buildpacks = new Map<string, LocatedModule<BuildpackDescriptor> | undefined>();
  const extensions = new Map<string, LocatedModule<ExtensionDescriptor> | undefined>();
  const singleBuildpacks = readOnce(folders.single, readBuildpack);
  const singleExtensions = readOnce(folders.singleExtensions, readExtension);
  const named = (reference: BuildpackReference) => (module: LocatedModule) =>
    module.descriptor.id === reference.id && module.descriptor.version === reference.version;
  const singleNames = (modules: readonly LocatedModule[]) => modules.map(({ descriptor }) => escapeBuildpackId(formatBuildpackReference(descriptor)));

  return {
    findBuildpack: (reference) =>
      remembered(buildpacks, reference, () => singleBuildpacks().find(named(reference)) ?? firstIn(folders.buildpacks, reference, readBuildpack)),
    findExtension: (reference) =>
      remembered(extensions, reference, () => singleExtensions().find(named(reference)) ?? firstIn(folders.extensions ?? [], reference, readExtension)),
    list: (kind) => [
      ...singleNames(kind === 'buildpack' ? singleBuildpacks() : singleExtensions()),
      ...(kind === 'buildpack' ? folders.buildpacks : (folders.extensions ?? [])).flatMap((directory) =>
        listMounted(directory, '').flatMap((id) => listMounted(directory, id).map((version) => `${id}@${version}`)),
      ),
    ],
  };
}

/** Descriptors of single folders, read when first asked for. */
function readOnce<Module>(directories: readonly MountedDirectory[] = [], read: (directory: MountedDirectory) => Module | undefined): () => readonly Module[] {
  let modules: readonly Module[] | undefined;
  return () => (modules ??= directories.flatMap((directory) => read(directory) ?? []));
}

/** Finds a module that must be there. Throws `BUILDPACK_NOT_FOUND`, with names that look alike. */
export function requireModule(store: ModuleStore, kind: ModuleKind, reference: BuildpackReference): LocatedModule {
  const found = kind === 'buildpack' ? store.findBuildpack(reference) : store.findExtension(reference);
  if (found !== undefined) return found;
  const name = formatBuildpackReference(reference);
  const near = nearestNames(escapeBuildpackId(name), store.list(kind));
  throw new TspackError({
    code: 'BUILDPACK_NOT_FOUND',
    message: `Cannot find ${kind} "${name}" in the builder`,
    nextStep: near.length === 0 ? `Add the ${kind} to the builder or remove it from the order` : `Use one that is there, such as ${near.join(', ')}`,
  });
}

function remembered<T>(known: Map<string, T>, reference: BuildpackReference, find: (reference: BuildpackReference) => T): T {
  const name = formatBuildpackReference(reference);
  if (!known.has(name)) known.set(name, find(reference));
  return known.get(name)!;
}

function firstIn<T>(
  directories: readonly MountedDirectory[],
  reference: BuildpackReference,
  read: (directory: MountedDirectory) => T | undefined,
): T | undefined {
  for (const directory of directories) {
    const found = read(mountedChild(directory, escapeBuildpackId(reference.id), reference.version));
    if (found !== undefined) return found;
  }
  return undefined;
}

function readBuildpack(directory: MountedDirectory): LocatedModule<BuildpackDescriptor> | undefined {
  return readModule(directory, 'buildpack.toml', parseBuildpackDescriptor);
}

function readExtension(directory: MountedDirectory): LocatedModule<ExtensionDescriptor> | undefined {
  return readModule(directory, 'extension.toml', parseExtensionDescriptor);
}

function readModule<Descriptor extends BuildpackDescriptor | ExtensionDescriptor>(
  directory: MountedDirectory,
  fileName: string,
  parse: (text: string, file: string) => Descriptor,
): LocatedModule<Descriptor> | undefined {
  const text = readMountedText(directory, fileName);
  if (text === undefined) return undefined;
  const executables = listMounted(directory, 'bin');
  return { descriptor: inferTargets(parse(text, `${directory.sandboxPath}/${fileName}`), executables), directory, executables };
}

/** Path of an executable of the module, as processes see it. */
export function executablePath(module: LocatedModule, name: 'detect' | 'build' | 'generate' | 'plan'): SandboxPath {
  return `${module.directory.sandboxPath}/bin/${name}` as SandboxPath;
}
