import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryBeside } from '../foundation/index.ts';
import { extractTar } from '../archive/index.ts';
import type { LayerTarEntry } from '../archive/index.ts';
import { escapeBuildpackId } from '../cnb/index.ts';
import type { ModuleSummary } from '../cnb/index.ts';
import type { DiffId, Layer, LayerWriter } from '../oci/index.ts';
import { directoryEntry, folderContent } from './folder-entries.ts';
import type { FolderModes } from './folder-entries.ts';
import { moduleName } from './packaged-module.ts';
import type { ModuleContent, PackagedModule } from './packaged-module.ts';

/** As pack normalises them: whoever may execute a file, all may. */
const MODULE_MODES: FolderModes = { executableBits: 0o111, link: 0o755 };
const PROGRAMS = ['bin/build', 'bin/detect', 'bin/generate'];

/** Makes layers of modules, each at its place in a builder (`distribution.md#buildpackage`, CNB.md C195). */
export interface ModuleLayers extends Disposable {
  /** One layer with one module: the layer it has, when that holds nothing else. */
  single(module: PackagedModule): Promise<Layer>;
  /** One layer with all of them, in order. */
  flattened(modules: readonly PackagedModule[]): Promise<Layer>;
}

/** `all`: every module there is, because a layer that two of them share has to be taken apart. Temporary files go with the result. */
export function openModuleLayers(all: readonly PackagedModule[], layerWriter: LayerWriter, workDirectory: string): ModuleLayers {
  const unpacked = new Map<DiffId, Promise<string>>();
  const made: string[] = [];
  const sharers = new Map<DiffId, Set<string>>();
  for (const module of all) {
    if (module.content.kind !== 'layer') continue;
    const { diffId } = module.content.layer;
    sharers.set(diffId, (sharers.get(diffId) ?? new Set()).add(moduleName(module)));
  }
  const unpack = (layer: Layer): Promise<string> => {
    const known = unpacked.get(layer.diffId);
    if (known !== undefined) return known;
    const directory = temporaryBeside(join(workDirectory, 'module'));
    made.push(directory);
    // Its links may lead anywhere in a builder; nothing is read through them here.
    const extracted = extractTar(layer.openTar(), directory, { dropLeadingSlash: true, symlinks: 'any' }).then(() => directory);
    unpacked.set(layer.diffId, extracted);
    return extracted;
  };
  const folderOf = async ({ summary, content }: PackagedModule): Promise<Extract<ModuleContent, { kind: 'folder' }>> =>
    content.kind === 'folder' ? content : { kind: 'folder', directory: join(await unpack(content.layer), modulePath(summary)) };
  const entries = async (modules: readonly PackagedModule[]): Promise<readonly LayerTarEntry[]> => {
    const parents = new Set<string>();
    const result: LayerTarEntry[] = [];
    for (const module of modules) result.push(...moduleEntries(module.summary, await folderOf(module), parents));
    return result;
  };
  const write = async (modules: readonly PackagedModule[]) => layerWriter.write({ parts: [{ kind: 'entries', entries: await entries(modules) }] });
  return {
    single: async (module) =>
      module.content.kind === 'layer' && sharers.get(module.content.layer.diffId)?.size === 1 ? module.content.layer : await write([module]),
    flattened: write,
    [Symbol.dispose]() {
      for (const directory of made) rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** `/cnb/buildpacks/<id>/<version>`, or the same below `/cnb/extensions`. */
function modulePath({ kind, info }: ModuleSummary): string {
  return `/cnb/${kind}s/${escapeBuildpackId(info.id)}/${info.version}`;
}

function moduleEntries(summary: ModuleSummary, content: Extract<ModuleContent, { kind: 'folder' }>, parents: Set<string>): readonly LayerTarEntry[] {
  const target = modulePath(summary);
  const parent = target.slice(0, target.lastIndexOf('/'));
  const above = parents.has(parent) ? [] : [directoryEntry(parent)];
  parents.add(parent);
  const found = folderContent(content.directory, target, MODULE_MODES).map((entry) => asProgram(entry, target));
  return [...above, directoryEntry(target), ...withDescriptor(found, target, summary, content.rootDirectory)];
}

function asProgram(entry: LayerTarEntry, target: string): LayerTarEntry {
  return entry.type === 'file' && PROGRAMS.some((program) => entry.path === `${target}/${program}`) ? { ...entry, mode: 0o755 } : entry;
}

/** The folder for a target has no descriptor of its own, or that of its root counts. */
function withDescriptor(entries: readonly LayerTarEntry[], target: string, { kind }: ModuleSummary, root: string | undefined): readonly LayerTarEntry[] {
  if (root === undefined) return entries;
  const path = `${target}/${kind}.toml`;
  const descriptor: LayerTarEntry = { path, type: 'file', mode: 0o644, uid: 0, gid: 0, source: join(root, `${kind}.toml`) };
  const others = entries.filter((entry) => entry.path !== path);
  const isAfter = (entry: LayerTarEntry) =>
    String(entry.path) > path &&
    !String(entry.path)
      .slice(target.length + 1)
      .includes('/');
  const at = others.findIndex(isAfter);
  return at < 0 ? [...others, descriptor] : [...others.slice(0, at), descriptor, ...others.slice(at)];
}
