import { processHost, runBuildpack } from '../../../src/sdk/index.ts';
import { nodejsBuildpack } from './buildpack.ts';

process.exitCode = await runBuildpack(nodejsBuildpack, processHost());
