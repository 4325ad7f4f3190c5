import { processHost, runBuildpack } from '../../../src/sdk/index.ts';
import { procfileBuildpack } from './buildpack.ts';

process.exitCode = await runBuildpack(procfileBuildpack, processHost());
