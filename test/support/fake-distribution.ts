import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { startFakeAptRepository } from './fake-apt-repository.ts';
import type { FakeAptRepository } from './fake-apt-repository.ts';
import { fakePackages } from './fake-builder.ts';

/** What the tests of one file share: a repository with {@link fakePackages}, and a folder that each test has anew. */
export interface FakeDistribution {
  readonly repository: FakeAptRepository;
  readonly home: string;
}

/** Registers the hooks that start, reset and stop it. Its members are there while a test runs. */
export function useFakeDistribution(): FakeDistribution {
  let repository: FakeAptRepository;
  let home: string;
  beforeAll(async () => {
    repository = await startFakeAptRepository({ trixie: fakePackages() });
  });
  afterAll(() => repository.close());
  beforeEach(() => {
    repository.publish('trixie', fakePackages());
    home = mkdtempSync(join(tmpdir(), 'tspack-distribution-'));
  });
  afterEach(() => {
    repository.faults.tamperedPackage = undefined;
    rmSync(home, { recursive: true, force: true });
  });
  return {
    get repository() {
      return repository;
    },
    get home() {
      return home;
    },
  };
}
