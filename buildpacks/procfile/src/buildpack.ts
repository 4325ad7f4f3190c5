import { defineBuildpack } from '../../../src/sdk/index.ts';
import { build } from './build.ts';

/** Procfile lines as processes, for applications of any language. `bin/detect` decides by the file's name. */
export const procfileBuildpack = defineBuildpack({ build });
