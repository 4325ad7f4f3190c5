import { defineBuildpack } from '../../../src/sdk/index.ts';
import { build } from './build.ts';

/** Packages of Debian for applications of any language. `bin/detect` decides by a file's name and a variable. */
export const aptBuildpack = defineBuildpack({ build });
