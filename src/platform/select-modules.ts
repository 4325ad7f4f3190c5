import { isForExecEnv } from '../cnb/index.ts';
import type { ProjectModule } from '../cnb/index.ts';
import type { LocalBuildOptions } from './api.ts';
import type { ModuleRequest, ModuleSelection } from './ports.ts';
import type { Project } from './read-project.ts';

/** What the user chose, and what was ignored while choosing. */
export interface SelectedModules {
  readonly modules: ModuleSelection;
  readonly warnings: readonly string[];
}

type ModuleOptions = Pick<LocalBuildOptions, 'path' | 'baseDirectory' | 'buildpacks' | 'extensions' | 'preBuildpacks' | 'postBuildpacks'>;

/**
 * Buildpacks of options and project.toml (CNB.md C197, C201, C202): a group named by option wins over that of the file,
 * and so do `pre` and `post`, each for itself. As in pack, `pre` and `post` only go around the builder's own order.
 */
export function selectModules(options: ModuleOptions, project: Project | undefined, execEnv: string): SelectedModules {
  const declared = (modules: readonly ProjectModule[] = []) =>
    modules.filter(({ execEnv: only }) => isForExecEnv(only, execEnv)).map((module) => requestOf(module, project?.directory ?? options.path));
  const written = (uris: readonly string[] = []) => uris.map((uri) => requestOf({ kind: 'uri', uri }, options.baseDirectory ?? options.path));
  const chosen = (uris: readonly string[] | undefined, modules: readonly ProjectModule[] | undefined) =>
    uris === undefined || uris.length === 0 ? declared(modules) : written(uris);

  const group = chosen(options.buildpacks, project?.descriptor.group);
  const extensions = written(options.extensions);
  const pre = chosen(options.preBuildpacks, project?.descriptor.pre);
  const post = chosen(options.postBuildpacks, project?.descriptor.post);
  const isWholeOrder = group.length > 0;
  const modules: ModuleSelection = {
    ...(isWholeOrder ? { group } : {}),
    ...(extensions.length === 0 ? {} : { extensions }),
    pre: isWholeOrder ? [] : pre,
    post: isWholeOrder ? [] : post,
  };
  const ignored = isWholeOrder && pre.length + post.length > 0;
  return {
    modules,
    warnings: ignored ? ['Buildpacks that go before or after the groups of the builder are ignored: the chosen buildpacks take the place of these groups'] : [],
  };
}

type Located = Pick<Extract<ProjectModule, { kind: 'uri' }>, 'kind' | 'uri'> | ProjectModule;

function requestOf(module: Located, baseDirectory: string): ModuleRequest {
  if (module.kind === 'uri') return { source: { kind: 'uri', uri: module.uri, baseDirectory }, optional: false };
  const { execEnv: _execEnv, ...source } = module;
  return { source, optional: false };
}
