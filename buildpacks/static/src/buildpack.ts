import { defineBuildpack } from '../../../src/sdk/index.ts';
import { build } from './build.ts';
import { detect } from './detect.ts';

/** Static sites and nginx configurations. */
export const staticBuildpack = defineBuildpack({ detect, build });
