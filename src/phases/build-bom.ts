import { escapeBuildpackId, parseBuildToml } from '../cnb/index.ts';
import type { AttributedBomEntry, Group } from '../cnb/index.ts';
import type { LayersDirectory } from '../lifecycle/index.ts';

/** The deprecated bill of materials of the build, which report.toml has below Platform API 0.9 (CNB.md C153). */
export function buildBom(group: Group, layers: LayersDirectory): readonly AttributedBomEntry[] {
  return group.group.flatMap(({ id, version }) => {
    const path = `${escapeBuildpackId(id)}/build.toml`;
    const bytes = layers.readFile(path);
    if (bytes === undefined) return [];
    return parseBuildToml(Buffer.from(bytes).toString('utf8'), path).bom.map((entry) => ({ ...entry, buildpack: { id, version } }));
  });
}
