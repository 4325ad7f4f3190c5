import { processHost, runBuildpack } from '../../../src/sdk/index.ts';
import { rubyBuildpack } from './buildpack.ts';

process.exitCode = await runBuildpack(rubyBuildpack, processHost());
