import { processHost, runBuildpack } from '../../../src/sdk/index.ts';
import { goBuildpack } from './buildpack.ts';

process.exitCode = await runBuildpack(goBuildpack, processHost());
