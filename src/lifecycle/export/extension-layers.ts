import { announceLayer } from './added-layer.ts';
import { CREATED_BY } from './history.ts';
import type { AddedLayer } from './added-layer.ts';
import type { ExportInputs, ExportPorts } from './export-inputs.ts';

/**
 * The layers that extensions put on the run image (CNB.md C141): first of all that export adds. They are in no metadata
 * label; the previous image has them when it has their diff IDs.
 */
export function extensionLayers({ runImage, analysis }: ExportInputs, { events }: ExportPorts): readonly AddedLayer[] {
  const before = runImage.image.layers.length;
  const previous = analysis.previousImage?.layers.map(({ diffId }) => diffId) ?? [];
  return (runImage.extension?.layers ?? []).map(({ extensionId, createdBy, layer }, index) =>
    announceLayer(
      { name: `${extensionId}:extended-layer-${before + index}`, createdBy: CREATED_BY.extensionLayer(createdBy, extensionId), layer },
      previous,
      events,
    ),
  );
}
