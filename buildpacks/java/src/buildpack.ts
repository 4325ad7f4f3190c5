import { defineBuildpack } from '../../../src/sdk/index.ts';
import { build } from './build.ts';
import { detect } from './detect.ts';

/** Java applications: sources of Maven and Gradle, executable jars, web applications. */
export const javaBuildpack = defineBuildpack({ detect, build });
