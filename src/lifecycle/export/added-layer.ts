import type { EventSink } from '../../foundation/index.ts';
import type { Layer } from '../../oci/index.ts';
import type { LifecycleEvent } from '../events.ts';

/** A layer on its way onto the run image. */
export interface AddedLayer {
  /** What events and results call it: `<buildpack id>:<layer>`, `launcher`, `app`. */
  readonly name: string;
  /** Its text in the image's history (CNB.md C142). */
  readonly createdBy: string;
  readonly layer: Layer;
  /** The previous image holds it too. */
  readonly reused: boolean;
}

/** Says what becomes of a layer. `previous` are the diff IDs that the previous image has in its place. */
export function announceLayer(added: Omit<AddedLayer, 'reused'>, previous: readonly (string | undefined)[], events: EventSink<LifecycleEvent>): AddedLayer {
  const { name, layer } = added;
  const reused = previous.includes(layer.diffId);
  const { tarSizeBytes } = layer;
  events({ kind: 'layer', action: reused ? 'reusing' : 'adding', name, ...(tarSizeBytes === undefined ? {} : { sizeBytes: tarSizeBytes }) });
  return { ...added, reused };
}
