import { processHost, runBuildpack } from '../../../src/sdk/index.ts';
import { phpBuildpack } from './buildpack.ts';

process.exitCode = await runBuildpack(phpBuildpack, processHost());
