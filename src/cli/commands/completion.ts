import type { Command } from 'commander';
import type { CommandFunction } from '../command.ts';
import { findCandidates } from '../completion/candidates.ts';
import { SCRIPTS } from '../completion/scripts.ts';
import { withLibrary } from './task.ts';
import type { Candidates } from '../completion/candidates.ts';
import type { Shell } from '../completion/scripts.ts';
import type { CommandContext } from '../context.ts';

/** `tspack completion <shell>`: commander has checked the name. */
export const completion: CommandFunction<[string], object> = ([shell], _flags, context) => {
  context.stdout.write(SCRIPTS[shell as Shell]);
  return Promise.resolve(0);
};

/** `tspack complete -- <words...>`: candidates for the last word, one on each line. */
export const complete =
  (program: Command): CommandFunction<[], object> =>
  async (_args, _flags, context, words) => {
    const current = words.at(-1) ?? '';
    const { prefix, words: found } = findCandidates(program, words);
    const names = typeof found === 'string' ? await namesOf(found, context) : found;
    const fitting = names.map((name) => prefix + name).filter((name) => name.startsWith(current));
    context.stdout.write(fitting.map((name) => `${name}\n`).join(''));
    return 0;
  };

async function namesOf(what: Extract<Candidates['words'], string>, context: CommandContext): Promise<readonly string[]> {
  if (what === 'files') return [];
  return await withLibrary(context, async (library) => (what === 'builders' ? library.builders() : await library.listImages({})).map(({ name }) => name));
}
