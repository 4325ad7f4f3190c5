import { processHost, runBuildpack } from '../../../src/sdk/index.ts';
import { rustBuildpack } from './buildpack.ts';

process.exitCode = await runBuildpack(rustBuildpack, processHost());
