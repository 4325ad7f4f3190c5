import { runProcess } from '../foundation/index.ts';
import { definedOnly } from './environment.ts';
import type { RunGit } from '../source/index.ts';
import type { Machine } from './machine.ts';

/** What git's own hooks and aliases set for the repository they run in; it is not the one that is fetched. And a window that asks. */
const NOT_PASSED =
  /^(?:GIT_(?:DIR|WORK_TREE|INDEX_FILE|OBJECT_DIRECTORY|ALTERNATE_OBJECT_DIRECTORIES|COMMON_DIR|NAMESPACE|PREFIX|SHALLOW_FILE|CEILING_DIRECTORIES|TRACE.*)|SSH_ASKPASS)$/;

/** The git program of this machine, with the user's settings, credential helpers and keys; it never asks anybody. */
export function gitRunner({ environment }: Machine): RunGit {
  const own = Object.fromEntries(Object.entries(definedOnly(environment)).filter(([name]) => !NOT_PASSED.test(name)));
  const env = {
    // Else ssh would ask on the terminal for passwords and unknown servers.
    ...(own.GIT_SSH === undefined ? { GIT_SSH_COMMAND: 'ssh -o BatchMode=yes -o ConnectTimeout=30' } : {}),
    ...own,
    GIT_TERMINAL_PROMPT: '0',
    GCM_INTERACTIVE: 'never',
    LC_ALL: 'C',
  };
  return (args, signal) => runProcess(['git', ...args], { env, signal, ownSession: true });
}
