import { readTar } from '../archive/index.ts';
import { collectBytes } from '../oci/index.ts';
import type { Layer } from '../oci/index.ts';
import type { LayersDirectory } from '../lifecycle/index.ts';
import type { PhaseLog } from './phase-log.ts';

const MAXIMUM_SBOM_BYTES = 64 * 1024 * 1024;

/**
 * Puts the SBOM files of the previous image at `<layers>/sbom/launch`, where the restorer looks for them (CNB.md C025).
 * Only files of that folder are taken from the layer. One that cannot be read costs its SBOM files, not the build.
 */
export async function extractSbomLayer(
  candidates: readonly Layer[],
  diffId: string,
  { layers, layersPath, log }: { readonly layers: LayersDirectory; readonly layersPath: string; readonly log: PhaseLog },
): Promise<void> {
  const layer = candidates.find((candidate) => candidate.diffId === diffId);
  if (layer === undefined) return log.warn(`Cannot find the SBOM layer of the previous image: it has no layer ${diffId}`);
  const prefix = `${layersPath.slice(1)}/`;
  try {
    for await (const entry of readTar(layer.openTar())) {
      const path = entry.path.replace(/^\/+/, '');
      const parts = path.slice(prefix.length).split('/');
      if (entry.type !== 'file' || !path.startsWith(`${prefix}sbom/launch/`) || parts.includes('..')) continue;
      layers.writeFile(parts.join('/'), await collectBytes(entry.content, MAXIMUM_SBOM_BYTES, `the SBOM file ${JSON.stringify(path)}`));
    }
  } catch (error) {
    log.warn(`Skipping the SBOM files of the previous image: ${(error as Error).message}`);
  }
}
