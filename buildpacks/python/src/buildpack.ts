import { defineBuildpack } from '../../../src/sdk/index.ts';
import { build } from './build.ts';
import { detect } from './detect.ts';

/** Python applications, with or without packages of others. */
export const pythonBuildpack = defineBuildpack({ detect, build });
