import { defineConfig } from 'vitest/config';

/** What neither meets Docker nor runs applications, whose ports and images would be the same for all. */
const BESIDE_OTHERS = [
  'test/acceptance/{bad-buildpack,bad-input,downloads,full-cache,full-disk,hostile-buildpack,interruption,offline,reproducible,sbom,surroundings}.test.ts',
  'test/acceptance/{builder,conformance,lifecycle,nodejs,platform}/**/*.test.ts',
];

/** The real thing: registries, daemons, sandboxes, real downloads. First what can run two files at a time, because much of each is waiting; then the rest. */
export default defineConfig({
  test: {
    globalSetup: ['test/support/build-dist.ts', 'test/support/acceptance-home.ts'],
    setupFiles: ['test/support/worker-home.ts'],
    testTimeout: 600_000,
    hookTimeout: 600_000,
    // Real servers and daemons answer late now and then. What fails twice fails.
    retry: 1,
    projects: [
      { extends: true, test: { name: 'beside others', include: BESIDE_OTHERS, maxWorkers: 2, sequence: { groupOrder: 0 } } },
      {
        extends: true,
        test: { name: 'alone', include: ['test/acceptance/**/*.test.ts'], exclude: BESIDE_OTHERS, maxWorkers: 1, sequence: { groupOrder: 1 } },
      },
    ],
  },
});
