import { defineBuildpack } from '../../../src/sdk/index.ts';
import { build } from './build.ts';

/** Labels of the image from variables of the build. `bin/detect` decides by their names. */
export const imageLabelsBuildpack = defineBuildpack({ build });
