import type { LayerTarSpec } from '../archive/index.ts';
import type { Layer } from './image.ts';

/** Turns folders into layers: one pass over each byte, walk, tar, digest, store. */
export interface LayerWriter {
  write(spec: LayerTarSpec): Promise<Layer>;
}
