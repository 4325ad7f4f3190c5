import { escapeBuildpackId, parseBuildpackId } from '../../cnb/index.ts';
import { TspackError, nearestNames } from '../../foundation/index.ts';
import { createModuleStore } from '../../lifecycle/index.ts';
import type { BuildpackId, BuildpackReference } from '../../cnb/index.ts';
import type { ResolvedBuilder } from '../ports.ts';
import type { ModuleKind } from './module-folder.ts';

/** The buildpacks, or the extensions, that a builder has. */
export interface BuilderModules {
  versions(id: string): readonly string[];
  /** IDs that look like this one. */
  near(id: string): readonly string[];
  /** Without a version: the only one that there is. Throws `BUILDPACK_NOT_FOUND`, with what there is. */
  require(named: { readonly id: string; readonly version?: string }): BuildpackReference;
}

export function builderModules(builder: ResolvedBuilder, kind: ModuleKind): BuilderModules {
  const store = createModuleStore(builder.moduleFolders);
  const mounted = kind === 'buildpack' ? builder.buildpacks : builder.extensions;
  // The descriptors of mounted ones need not be read: it is known what they are.
  const known = [
    ...mounted.map(({ reference: { id, version } }) => ({ folder: escapeBuildpackId(id), version, id: (): string => id })),
    ...store.list(kind).map((name) => {
      const [folder, version] = [name.slice(0, name.lastIndexOf('@')), name.slice(name.lastIndexOf('@') + 1)];
      return { folder, version, id: () => realId(folder, version) };
    }),
  ];

  /** A folder's name does not tell the ID. */
  function realId(folder: string, version: string): string {
    const reference = { id: folder as BuildpackId, version };
    return (kind === 'buildpack' ? store.findBuildpack(reference) : store.findExtension(reference))?.descriptor.id ?? folder;
  }

  const versions = (id: string) => [...new Set(known.filter(({ folder }) => folder === escapeBuildpackId(id)).map(({ version }) => version))];
  const near = (id: string) => {
    const folders = nearestNames(
      escapeBuildpackId(id),
      known.map(({ folder }) => folder),
    );
    return folders.map((name) => known.find(({ folder }) => folder === name)!.id());
  };
  return {
    versions,
    near,
    require({ id, version }) {
      const has = versions(id);
      const chosen = version ?? has[0];
      const isClear = version !== undefined || has.length === 1;
      if (chosen !== undefined && has.includes(chosen) && isClear) return { id: parseBuildpackId(id), version: chosen };
      const why = has.length === 0 ? 'the builder does not have it' : `the builder has ${has.map((each) => `version ${each}`).join(' and ')}`;
      const others = near(id);
      const instead = others.length === 0 ? 'Name one that the builder has, or where it is' : `Did you mean ${others.join(' or ')}?`;
      throw new TspackError({
        code: 'BUILDPACK_NOT_FOUND',
        message: `Cannot use ${kind} "${version === undefined ? id : `${id}@${version}`}": ${why}`,
        nextStep: has.length === 0 ? instead : `Write ${id}@${has.at(-1)}`,
      });
    },
  };
}
