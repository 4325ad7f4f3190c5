import type { CommandFunction } from '../command.ts';
import type { PackageChange } from '../../index.ts';
import { formatTable } from '../render/measure.ts';
import { visible } from '../render/untrusted.ts';
import { withEvents } from './task.ts';

/** `tspack builder update`: prints which packages moved. */
export const builderUpdate: CommandFunction<[string], { readonly buildpack?: readonly string[] }> = async ([builder], { buildpack = [] }, context) => {
  const changes = await withEvents(context, (library, task) => library.updateBuilder({ builder, buildpacks: buildpack }, task));
  context.stdout.write(changes.length === 0 ? `The lock of ${visible(builder)} is up to date\n` : `${formatTable(changes.map(describeChange))}\n`);
  return 0;
};

function describeChange({ image, architecture, name, from, to }: PackageChange): readonly string[] {
  const versions = [from ?? '(new)', '->', to ?? '(gone)'];
  return [image, architecture, name, ...versions].map(visible);
}
