import { readTar } from '../../archive/index.ts';
import type { EventSink } from '../../foundation/index.ts';
import type { Analysis } from '../analyze/analyze.ts';
import type { LifecycleEvent } from '../events.ts';
import type { LayersDirectory } from '../layers-directory.ts';

/** `/layers/sbom/launch/<buildpack>/<layer>/sbom.<ending>` */
const LAYER_SBOM = /^\/?layers\/sbom\/launch\/([^/]+)\/([^/]+)\/sbom\.([^/]+)$/;
const MAXIMUM_SBOM_BYTES = 64 * 1024 * 1024;

/**
 * Copies the SBOM files of reused layers from the previous image's SBOM layer to `<buildpack>/<layer>.sbom.<ending>`
 * (CNB.md C025, C094). Without layers to ask for, the SBOM layer is not opened.
 */
export async function restorePreviousSboms(
  analysis: Analysis,
  paths: readonly string[],
  layers: LayersDirectory,
  events: EventSink<LifecycleEvent>,
): Promise<void> {
  const sha = analysis.metadata.sbom?.sha;
  const layer = analysis.previousImage?.layers.find(({ diffId }) => diffId === sha);
  if (layer === undefined || paths.length === 0) return;
  const wanted = new Set(paths);
  try {
    for await (const entry of readTar(layer.openTar())) {
      const [, buildpack, name, ending] = LAYER_SBOM.exec(entry.path) ?? [];
      const path = `${buildpack}/${name}`;
      if (entry.type !== 'file' || !wanted.has(path) || entry.sizeBytes > MAXIMUM_SBOM_BYTES) continue;
      const chunks: Uint8Array[] = [];
      for await (const chunk of entry.content) chunks.push(chunk);
      layers.writeFile(`${path}.sbom.${ending}`, Buffer.concat(chunks));
    }
  } catch (error) {
    events({ kind: 'message', level: 'warning', message: `Skipping the SBOM files of the previous image: ${(error as Error).message}` });
  }
}
