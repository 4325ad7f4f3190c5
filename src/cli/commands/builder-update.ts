import type { CommandFunction } from '../command.ts';
import type { PackageChange } from '../../index.ts';
import { formatTable } from '../render/measure.ts';
import { visible } from '../render/untrusted.ts';
import { withEvents } from './task.ts';

/** `tspack builder update`: prints which packages moved. */
export const builderUpdate: CommandFunction<[string], object> = async ([name], _options, context) => {
  const changes = await withEvents(context, (library, task) => library.updateBuilder(name, task));
  context.stdout.write(changes.length === 0 ? `The lock of ${visible(name)} is up to date\n` : `${formatTable(changes.map(describeChange))}\n`);
  return 0;
};

function describeChange({ image, architecture, name, from, to }: PackageChange): readonly string[] {
  const versions = [from ?? '(new)', '->', to ?? '(gone)'];
  return [image, architecture, name, ...versions].map(visible);
}
