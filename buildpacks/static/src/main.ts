import { processHost, runBuildpack } from '../../../src/sdk/index.ts';
import { staticBuildpack } from './buildpack.ts';

process.exitCode = await runBuildpack(staticBuildpack, processHost());
