import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { digestOf, type BuildContext } from '../../../../src/sdk/index.ts';
import { readApplicationFile } from '../application-files.ts';
import type { Pyproject } from '../manifests/pyproject.ts';
import { markerEnvironment } from '../markers.ts';
import type { ChosenSource } from '../package-sources.ts';
import { readWantedPackages } from '../read-wanted.ts';
import type { WantedPackages } from '../wanted-packages.ts';

/**
 * What the deciding file wants. Lockfiles in TOML are large, and reading one takes longer than all else of a build in which nothing
 * changed: what they say is kept in the layer `locked-packages` (cache).
 */
export async function rememberWantedPackages(
  context: BuildContext,
  version: string,
  source: ChosenSource | undefined,
  pyproject: Pyproject | undefined,
): Promise<WantedPackages> {
  const { applicationDirectory, target } = context;
  const read = () => readWantedPackages({ applicationDirectory, source, pyproject, environment: markerEnvironment(version, target.architecture) });
  if (source?.kind !== 'poetry.lock' && source?.kind !== 'uv.lock') {
    context.dropLayer('locked-packages');
    return read();
  }
  const digest = (file: string) => digestOf(readApplicationFile(applicationDirectory, file) ?? '');
  const { layer } = await context.layer({
    name: 'locked-packages',
    title: `what ${source.file} says`,
    types: { cache: true },
    inputs: [
      ...[source.file, 'pyproject.toml'].map((file) => ({ name: file, value: digest(file) })),
      { name: 'Python version', value: version, readable: true },
      { name: 'architecture', value: target.architecture, readable: true },
      { name: 'layer format', value: '1' },
    ],
    create: (directory) => {
      writeFileSync(join(directory.path, 'wanted.json'), JSON.stringify(read()));
      return {};
    },
  });
  return JSON.parse(readFileSync(join(layer.path, 'wanted.json'), 'utf8')) as WantedPackages;
}
