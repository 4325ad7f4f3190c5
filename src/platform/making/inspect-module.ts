import { listBundledBuilders, moduleName } from '../../builder/index.ts';
import type { PackagedModule } from '../../builder/index.ts';
import type { Task } from '../api.ts';
import type { DescribedGroup, DescribedModule, InspectModuleOptions, ModuleDescription } from './api.ts';
import { bundledFolders, openPackaged } from './open-packaged.ts';
import type { OpenedPackage } from './open-packaged.ts';
import type { MakingPorts } from './ports.ts';

/** `buildpack inspect` and `extension inspect`: of a folder, an archive, a package anywhere, or a bundled buildpack by its ID. Throws as {@link openPackaged}. */
export async function inspectModule(options: InspectModuleOptions, ports: MakingPorts, task: Task): Promise<ModuleDescription> {
  const { kind, uri, workingDirectory, insecureRegistries } = options;
  const builder = kind === 'buildpack' ? bundledBuilderOf(uri, ports) : undefined;
  const { os, architecture } = ports.hostPlatform;
  const opened = await openPackaged(
    {
      kind,
      uri,
      baseDirectory: workingDirectory,
      target: { os, arch: architecture, distros: [] },
      sources: { policy: { kind: 'if-not-present' }, registryFirst: false, insecureRegistries },
      ...(builder === undefined ? {} : { builder }),
    },
    ports,
    task,
  );
  return describe(opened);
}

/** The bundled builder that has a buildpack of this name. */
function bundledBuilderOf(uri: string, ports: MakingPorts): string | undefined {
  const wanted = uri.replace(/^(?:urn:cnb:builder:|from=builder:)/, '');
  const names = (module: PackagedModule) => [module.summary.info.id, moduleName(module)];
  return listBundledBuilders(ports.bundled.buildersDirectory)
    .map(({ name }) => name)
    .find((name) => bundledFolders(name, ports).some((module) => names(module).includes(wanted)));
}

function describe({ main, dependencies, place, info = main.summary.info }: OpenedPackage): ModuleDescription {
  const modules = [main, ...dependencies];
  const { layer } = main.summary;
  return {
    ...describeModule(main),
    place,
    ...(info.description === undefined ? {} : { description: info.description }),
    keywords: info.keywords ?? [],
    licenses: info.licenses ?? [],
    targets: layer.targets ?? [],
    stacks: layer.stacks ?? [],
    modules: [...modules].sort((a, b) => (moduleName(a) < moduleName(b) ? -1 : 1)).map(describeModule),
    order: groupsOf(main, modules, [moduleName(main)]),
  };
}

function describeModule({ summary: { info, layer } }: PackagedModule): DescribedModule {
  const { id, version, name, homepage } = info;
  return { id, version, ...(name === undefined ? {} : { name }), ...(homepage === undefined ? {} : { homepage }), api: layer.api };
}

/** `path`: the modules that this one is in; an order may name one of them again. */
function groupsOf({ summary }: PackagedModule, modules: readonly PackagedModule[], path: readonly string[]): readonly DescribedGroup[] {
  return (summary.layer.order ?? []).map(({ group }) => ({
    group: group.map(({ id, version, optional }) => {
      const name = `${id}@${version}`;
      const member = modules.find((module) => moduleName(module) === name);
      const cyclic = path.includes(name);
      return { id, version, optional, cyclic, order: member === undefined || cyclic ? [] : groupsOf(member, modules, [...path, name]) };
    }),
  }));
}
