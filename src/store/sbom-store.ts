import { join } from 'node:path';
import type { Home } from './home.ts';
import { openImageTexts, type ImageTexts } from './image-texts.ts';

/** The merged bill of materials of each local image. */
export type SbomStore = ImageTexts;

export function openSbomStore(home: Pick<Home, 'store'>): SbomStore {
  return openImageTexts(join(home.store, 'sbom'));
}
