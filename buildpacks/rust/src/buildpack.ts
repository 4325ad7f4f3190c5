import { defineBuildpack } from '../../../src/sdk/index.ts';
import { build } from './build.ts';
import { detect } from './detect.ts';

export const rustBuildpack = defineBuildpack({ detect, build });
