import { defineConfig } from 'vitest/config';

/** A real Kubernetes of one node with Tekton and Shipwright, started from the folder that `TSPACK_TEST_KUBERNETES` names. */
export default defineConfig({
  test: {
    include: ['test/cluster/**/*.test.ts'],
    globalSetup: ['test/support/build-dist.ts', 'test/support/acceptance-home.ts'],
    testTimeout: 900_000,
    hookTimeout: 1_800_000,
    fileParallelism: false,
  },
});
