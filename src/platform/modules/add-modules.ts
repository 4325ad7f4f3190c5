import { formatBuildpackReference } from '../../cnb/index.ts';
import { builderModules } from './builder-modules.ts';
import { composeOrder } from './compose-order.ts';
import { writeInlineBuildpack } from './inline-buildpack.ts';
import { MODULE_PLACES, mountedModule } from './module-folder.ts';
import { parseModuleUri, parseRegistryId } from './module-uri.ts';
import { openModule } from './open-module.ts';
import type { BuildpackReference, OrderElement } from '../../cnb/index.ts';
import type { BuilderRequest, ModuleRequest, ModuleSource, MountedModule, ResolvedBuilder } from '../ports.ts';
import type { BuilderModules } from './builder-modules.ts';
import type { ChosenModule } from './compose-order.ts';
import type { ModuleFolder, ModuleKind } from './module-folder.ts';
import type { ModuleLocation } from './module-uri.ts';
import type { ModulePorts } from './open-module.ts';

/**
 * The builder with what the user selected (CNB.md C196, C197): folders mounted at the specification's places, where they
 * override the same id and version of the builder, and the order that comes of it. Throws `BUILDPACK_NOT_FOUND` for what
 * the builder does not have, and what opening throws.
 */
export async function addModules(builder: ResolvedBuilder, request: BuilderRequest, ports: ModulePorts): Promise<ResolvedBuilder> {
  const { modules } = request;
  const known = { buildpack: builderModules(builder, 'buildpack'), extension: builderModules(builder, 'extension') };
  const folders: ModuleFolder[] = [];
  const choose = async (kind: ModuleKind, requests: readonly ModuleRequest[]): Promise<readonly ChosenModule[]> => {
    const chosen: ChosenModule[] = [];
    for (const each of requests) chosen.push(await chooseModule(each, kind, known[kind], folders, request, ports));
    return chosen;
  };
  const group = modules.group && (await choose('buildpack', modules.group));
  const [pre, post] = [await choose('buildpack', modules.pre), await choose('buildpack', modules.post)];
  const extensions = modules.extensions && (await choose('extension', modules.extensions));
  if (group === undefined && extensions === undefined && pre.length + post.length === 0) return builder;
  return {
    ...builder,
    order: composeOrder(builder.order, { ...(group === undefined ? {} : { group }), ...(extensions === undefined ? {} : { extensions }), pre, post }),
    buildpacks: withAdded(builder.buildpacks, folders, 'buildpack', placeOf(builder, 'buildpack')),
    extensions: withAdded(builder.extensions, folders, 'extension', placeOf(builder, 'extension')),
  };
}

async function chooseModule(
  { source, optional }: ModuleRequest,
  kind: ModuleKind,
  known: BuilderModules,
  folders: ModuleFolder[],
  request: BuilderRequest,
  ports: ModulePorts,
): Promise<ChosenModule> {
  const element = (reference: BuildpackReference): OrderElement => ({ ...reference, optional });
  if (source.kind === 'inline') {
    const folder = await writeInlineBuildpack(source, ports.home);
    folders.push(folder);
    return element(folder.reference);
  }
  const location =
    source.kind === 'reference'
      ? locateReference(source, known, ports)
      : parseModuleUri(source.uri, { baseDirectory: source.baseDirectory, isInBuilder: (id) => known.versions(id).length > 0 });
  if (location.kind === 'reference') return element(known.require(location));
  if (location.kind === 'builder-order') return 'builder-order';
  const name = source.kind === 'uri' ? source.uri : source.id;
  // A mistyped ID looks like one of a registry that nobody has configured.
  if (location.kind === 'registry' && ports.buildpackRegistry === undefined && known.near(name).length > 0) return element(known.require({ id: name }));
  const opened = await openModule(location, kind, name, request, ports);
  folders.push(...opened.folders);
  request.events({
    kind: 'message',
    level: 'debug',
    message: `"${name}" is ${opened.folders.map(({ reference }) => formatBuildpackReference(reference)).join(', ')}`,
  });
  return element(opened.main);
}

/** As in pack, what the builder does not have may be in the registry, where one is configured. */
function locateReference(source: Extract<ModuleSource, { kind: 'reference' }>, known: BuilderModules, { buildpackRegistry }: ModulePorts): ModuleLocation {
  const { id, version } = source;
  const reference = { kind: 'reference', id, ...(version === undefined ? {} : { version }) } as const;
  if (buildpackRegistry === undefined || known.versions(id).length > 0) return reference;
  return parseRegistryId(version === undefined ? id : `${id}@${version}`) ?? reference;
}

function placeOf({ moduleFolders }: ResolvedBuilder, kind: ModuleKind): string {
  const folders = kind === 'buildpack' ? moduleFolders.buildpacks : moduleFolders.extensions;
  return folders[0]?.sandboxPath ?? MODULE_PLACES[kind];
}

/** What is added takes the place of what has the same id and version; of two that are added, the later one counts. */
function withAdded(mounted: readonly MountedModule[], folders: readonly ModuleFolder[], kind: ModuleKind, place: string): readonly MountedModule[] {
  const added = folders.filter((folder) => folder.kind === kind).map((folder) => mountedModule(folder, place));
  return [...new Map([...mounted, ...added].map((module) => [formatBuildpackReference(module.reference), module])).values()];
}
