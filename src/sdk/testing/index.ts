/**
 * A kit for tests of buildpacks: runs detect and build on an application in a temporary folder, restores layers between builds as
 * a lifecycle does, and hands back what was written. It needs no lifecycle, no container and, with fakes, no network.
 *
 * ```ts
 * using kit = createBuildKit({ buildpack, buildpackDirectory, application: { 'package.json': '{}' } });
 * const { exitCode, stdout } = await kit.build();
 * ```
 *
 * @packageDocumentation
 */
export { createBuildKit } from './build-kit.ts';
export type { BuildKit, BuildKitOptions, BuildResult, DetectResult } from './build-kit.ts';
