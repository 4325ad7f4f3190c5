import { defineBuildpack } from '../../../src/sdk/index.ts';
import { build } from './build.ts';
import { detect } from './detect.ts';

/** Ruby applications, with or without Bundler. */
export const rubyBuildpack = defineBuildpack({ detect, build });
