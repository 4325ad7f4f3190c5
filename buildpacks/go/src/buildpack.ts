import { defineBuildpack, type Buildpack } from '../../../src/sdk/index.ts';
import { installDebianGo, type InstallBootstrap } from './bootstrap.ts';
import { build } from './build.ts';
import { detect } from './detect.ts';

/** The Go buildpack with another way to a first `go`; tests have one that needs no packages. */
export function createGoBuildpack(installBootstrap: InstallBootstrap): Buildpack {
  return defineBuildpack({ detect, build: (context) => build(context, installBootstrap) });
}

export const goBuildpack = createGoBuildpack(installDebianGo);
