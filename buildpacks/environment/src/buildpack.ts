import { defineBuildpack } from '../../../src/sdk/index.ts';
import { build } from './build.ts';

/** Variables of the running application from `BPE_` variables of the build. `bin/detect` decides by their names. */
export const environmentBuildpack = defineBuildpack({ build });
