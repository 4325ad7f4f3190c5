import { describe, expect, it } from 'vitest';
import { withConfiguration } from '../../src/platform/configured-options.ts';
import { mergeSettings } from '../../src/platform/build-settings.ts';
import type { LocalBuildOptions } from '../../src/platform/index.ts';

const OPTIONS: LocalBuildOptions = {
  image: 'app',
  path: '/app',
  env: {},
  volumes: [],
  outputs: [],
  network: 'host',
  executor: 'auto',
  clearCache: false,
  frozen: false,
  insecureRegistries: [],
};
const configured: Readonly<Record<string, string>> = { 'default-builder': 'base', 'run-image': 'example.com/run', 'pull-policy': 'daily' };
const configuration = { value: (name: string) => configured[name] };
const merge = (options: LocalBuildOptions) =>
  mergeSettings(withConfiguration(options, configuration), undefined, { os: 'linux', architecture: 'amd64' }).settings;

describe('withConfiguration()', () => {
  it('fills in what the options leave open', () => {
    expect(merge(OPTIONS)).toMatchObject({ builder: 'base', runImage: 'example.com/run', pullPolicy: { kind: 'interval' } });
  });

  it('lets options win', () => {
    expect(merge({ ...OPTIONS, builder: 'tiny', runImage: 'mine', pullPolicy: 'never' })).toMatchObject({
      builder: 'tiny',
      runImage: 'mine',
      pullPolicy: { kind: 'never' },
    });
  });
});
