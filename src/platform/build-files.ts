import { cpSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { formatReportToml } from '../cnb/index.ts';
import { makeDirectory, removeTree, writeFileAtomic } from '../foundation/index.ts';
import type { LayersDirectory } from '../lifecycle/index.ts';
import type { Descriptor, Image } from '../oci/index.ts';
import type { BuildSettings } from './build-settings.ts';

/**
 * Writes report.toml when it is asked for: every name of the image as the user wrote it, with digest and size of the
 * manifest where a place has one, else the image ID (platform.md#reporttoml-toml, CNB.md C153).
 */
export function writeBuildReport({ reportDirectory, image, tags }: BuildSettings, built: Image, manifest: Descriptor | undefined): void {
  if (reportDirectory === undefined) return;
  const identity = manifest === undefined ? { imageId: built.imageId } : { digest: manifest.digest, manifestSize: manifest.size };
  writeFileAtomic(join(reportDirectory, 'report.toml'), formatReportToml({ image: { tags: [image, ...tags], ...identity } }));
}

/**
 * Writes the bills of materials of the build when they are asked for, as `<layers>/sbom` holds them: `build/`, `cache/`
 * and `launch/`. As with pack, a folder that is there gets a folder `sbom`; one that is not is made to be it.
 */
export function writeBuildSboms({ sbomDirectory }: BuildSettings, layers: LayersDirectory): void {
  if (sbomDirectory === undefined) return;
  const target = statSync(sbomDirectory, { throwIfNoEntry: false }) === undefined ? sbomDirectory : join(sbomDirectory, 'sbom');
  for (const purpose of ['build', 'cache', 'launch']) {
    removeTree(join(target, purpose));
    const tree = layers.layerTree(`sbom/${purpose}`);
    if (tree === undefined) continue;
    // The build phase has made this folder anew: nothing in it is restored.
    if (tree.kind === 'merged') throw new Error('<layers>/sbom holds files of another build');
    makeDirectory(target);
    cpSync(tree.folder, join(target, purpose), { recursive: true });
  }
}
