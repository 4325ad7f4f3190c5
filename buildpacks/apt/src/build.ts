import { debianState, type BuildContext } from '../../../src/sdk/index.ts';
import { distributionUnsupported } from './errors.ts';
import { installPackages } from './install-packages.ts';
import { SUITE } from './suite.ts';
import { readWantedPackages } from './wanted-packages.ts';

/** Resolves what the application asks for, and installs it in a layer: packages for compiling alone are not in the image. */
export async function build(context: BuildContext): Promise<void> {
  const { distribution } = context.target;
  if (distribution !== undefined && !(distribution.name === 'debian' && /^13(?:\.|$)/.test(distribution.version))) throw distributionUnsupported(distribution);
  const wanted = readWantedPackages(context);
  context.log.section('Packages');
  if (wanted.length === 0) {
    context.log.warning('Aptfile names no package', 'Write one name a line, or remove the file.');
    for (const layer of ['apt', 'apt-build']) context.dropLayer(layer);
    return;
  }
  await installPackages(context, wanted, [
    { name: 'Aptfile', value: JSON.stringify(wanted.map(({ term }) => term)) },
    { name: "Debian's packages", value: debianState(context, SUITE), readable: true },
    { name: 'layer format', value: '2' },
    { name: 'architecture', value: context.target.architecture, readable: true },
  ]);
}
