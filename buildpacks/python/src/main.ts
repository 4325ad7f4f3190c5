import { processHost, runBuildpack } from '../../../src/sdk/index.ts';
import { pythonBuildpack } from './buildpack.ts';

process.exitCode = await runBuildpack(pythonBuildpack, processHost());
