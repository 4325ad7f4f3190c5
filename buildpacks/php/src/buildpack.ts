import { defineBuildpack } from '../../../src/sdk/index.ts';
import { build } from './build.ts';
import { detect } from './detect.ts';

/** PHP applications behind nginx, with or without Composer. */
export const phpBuildpack = defineBuildpack({ detect, build });
