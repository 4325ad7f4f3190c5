import { defineBuildpack } from '../../../src/sdk/index.ts';
import { build } from './build.ts';
import { detect } from './detect.ts';

/** Node.js applications, with or without npm packages. */
export const nodejsBuildpack = defineBuildpack({ detect, build });
