import { processHost, runBuildpack } from '../../../src/sdk/index.ts';
import { imageLabelsBuildpack } from './buildpack.ts';

process.exitCode = await runBuildpack(imageLabelsBuildpack, processHost());
