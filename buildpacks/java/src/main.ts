import { processHost, runBuildpack } from '../../../src/sdk/index.ts';
import { javaBuildpack } from './buildpack.ts';

process.exitCode = await runBuildpack(javaBuildpack, processHost());
