import { escapeBuildpackId } from '../cnb/index.ts';
import type { Group } from '../cnb/index.ts';
import type { LayersDirectory } from '../lifecycle/index.ts';

/**
 * Copies the SBOM files that the analyzer has put at `<layers>/sbom/launch` beside the layers that they describe, and
 * removes the folder (CNB.md C094). Only layers that were restored get them; those from the cache have theirs already.
 */
export function restoreCollectedSboms(group: Group, layers: LayersDirectory): void {
  for (const { id } of group.group) {
    const folder = escapeBuildpackId(id);
    for (const layer of layers.readdir(`sbom/launch/${folder}`) ?? []) {
      if (layers.kind(`${folder}/${layer}.toml`) !== 'file') continue;
      for (const file of layers.readdir(`sbom/launch/${folder}/${layer}`) ?? []) {
        const ending = /^sbom\.(.+json)$/.exec(file)?.[1];
        const bytes = ending === undefined ? undefined : layers.readFile(`sbom/launch/${folder}/${layer}/${file}`);
        if (bytes !== undefined && layers.kind(`${folder}/${layer}.sbom.${ending}`) === undefined) layers.writeFile(`${folder}/${layer}.sbom.${ending}`, bytes);
      }
    }
  }
  layers.remove('sbom');
}
