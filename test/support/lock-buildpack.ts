import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { updateBuildpackLocks } from '../../src/builder/index.ts';
import { FAKE_CLOCK, fakeDebian } from './fake-builder.ts';
import type { FakeDistribution } from './fake-distribution.ts';

/**
 * Copies a buildpack's folder into the home of a fake distribution and locks its packages there; `prepare` writes the
 * definitions. Returns the copy.
 */
export async function lockBuildpack({ home, repository }: FakeDistribution, source: string, prepare: (packages: string) => void): Promise<string> {
  const directory = join(home, 'buildpack');
  cpSync(source, directory, { recursive: true, filter: (path) => !/\/(?:src|node_modules)$/.test(path) && !/\/packages\/.*\.json$/.test(path) });
  mkdirSync(join(directory, 'packages'), { recursive: true });
  prepare(join(directory, 'packages'));
  cpSync(repository.keyringDirectory, join(directory, 'packages/keyrings'), { recursive: true });
  const debian = fakeDebian(repository, join(home, 'cache'));
  await updateBuildpackLocks({ directory, buildersDirectory: home, debian, clock: FAKE_CLOCK, keyringDirectory: repository.keyringDirectory });
  repository.requests.length = 0;
  return directory;
}
