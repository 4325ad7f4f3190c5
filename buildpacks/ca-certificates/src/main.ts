import { processHost, runBuildpack } from '../../../src/sdk/index.ts';
import { caCertificatesBuildpack } from './buildpack.ts';

process.exitCode = await runBuildpack(caCertificatesBuildpack, processHost());
