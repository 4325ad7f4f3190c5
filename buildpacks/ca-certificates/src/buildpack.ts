import { defineBuildpack } from '../../../src/sdk/index.ts';
import { build } from './build.ts';

/** Trust in the certificate authorities of bindings while the build runs. What counts at launch, `bin/build` has installed before. */
export const caCertificatesBuildpack = defineBuildpack({ build });
