import { processHost, runBuildpack } from '../../../src/sdk/index.ts';
import { environmentBuildpack } from './buildpack.ts';

process.exitCode = await runBuildpack(environmentBuildpack, processHost());
