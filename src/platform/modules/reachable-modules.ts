import { formatBuildpackReference } from '../../cnb/index.ts';
import type { BuildpackReference } from '../../cnb/index.ts';
import type { ModuleStore } from '../../lifecycle/index.ts';
import type { MountedModule, ResolvedBuilder } from '../ports.ts';

/**
 * The buildpacks of a builder, each one folder, that its order or its system buildpacks can reach, through composites
 * too. The others are not mounted: every process of a sandbox starts later for each mount. Throws what reading
 * descriptors throws.
 */
export function reachableBuildpacks(builder: Pick<ResolvedBuilder, 'order' | 'system' | 'buildpacks'>, modules: ModuleStore): readonly MountedModule[] {
  const reached = new Set<string>();
  const visit = (reference: BuildpackReference): void => {
    const name = formatBuildpackReference(reference);
    if (reached.has(name)) return;
    reached.add(name);
    for (const { group } of modules.findBuildpack(reference)?.descriptor.order ?? []) group.forEach(visit);
  };
  for (const { group } of builder.order.order) group.forEach(visit);
  for (const element of [...(builder.system?.pre ?? []), ...(builder.system?.post ?? [])]) visit(element);
  return builder.buildpacks.filter(({ reference }) => reached.has(formatBuildpackReference(reference)));
}
