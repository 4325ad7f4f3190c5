import type { CommandFunction } from '../command.ts';
import { parseRegistry } from '../options/registry.ts';
import { visible } from '../render/untrusted.ts';
import { withLibrary } from './task.ts';

/** `tspack logout`: being logged out already is fine. */
export const logout: CommandFunction<[string | undefined], object> = async ([server], _flags, context) => {
  const registry = parseRegistry(server);
  const erased = await withLibrary(context, (library) => library.logout(registry));
  context.stdout.write(erased === undefined ? `Not logged in to ${registry}\n` : `Removed the login for ${registry} from ${visible(erased.place)}\n`);
  return 0;
};
