import type { ProcessSpec } from '../index.ts';

/** What daemons and shells put into the environment of a process on their own. */
const ADDED_VARIABLES = ['HOSTNAME', 'HOME', 'TERM', 'container'];
const SHELL_VARIABLES = ['OLDPWD', 'SHLVL', '_'];
/** A shell drops every other. */
const SHELL_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/u;

export const ENV_PROGRAM = '/usr/bin/env';
export const SHELL_PROGRAM = '/bin/sh';

/**
 * The command line of a container: through `env`, which takes away what daemons add to the environment, and, where one
 * sink gets both streams, through a shell that joins them, because a daemon keeps no order between the two.
 */
export function containerCommand(spec: ProcessSpec, has: { readonly env: boolean; readonly shell: boolean }): readonly string[] {
  const joins = has.shell && spec.stdout !== undefined && spec.stdout === spec.stderr && Object.keys(spec.env).every((name) => SHELL_NAME.test(name));
  const added = [...ADDED_VARIABLES, ...(joins ? SHELL_VARIABLES : [])].filter((name) => !(name in spec.env));
  return [
    ...(joins ? [SHELL_PROGRAM, '-c', 'exec "$@" 2>&1', 'sh'] : []),
    ...(has.env ? [ENV_PROGRAM, ...added.flatMap((name) => ['-u', name])] : []),
    ...spec.command,
  ];
}
