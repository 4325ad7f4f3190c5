import { processHost, runBuildpack } from '../../../src/sdk/index.ts';
import { aptBuildpack } from './buildpack.ts';

process.exitCode = await runBuildpack(aptBuildpack, processHost());
