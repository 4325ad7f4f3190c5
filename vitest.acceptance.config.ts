import { defineConfig } from 'vitest/config';

/** The real thing: registries, daemons, sandboxes, real downloads. One file at a time: they share the machine. */
export default defineConfig({
  test: {
    include: ['test/acceptance/**/*.test.ts'],
    globalSetup: ['test/support/build-dist.ts', 'test/support/acceptance-home.ts'],
    fileParallelism: false,
    testTimeout: 600_000,
    hookTimeout: 600_000,
  },
});
