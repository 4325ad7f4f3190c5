import type { CommandContext } from '../context.ts';
import type { CommandFunction } from '../command.ts';
import { parseRegistry } from '../options/registry.ts';
import { visible } from '../render/untrusted.ts';
import { usageError } from '../usage-error.ts';
import { withEvents } from './task.ts';

interface LoginFlags {
  readonly username?: string;
  readonly password?: string;
  readonly passwordStdin?: boolean;
  readonly insecureRegistry?: readonly string[];
}

/** `tspack login`: docker's flags, prompts and file. */
export const login: CommandFunction<[string | undefined], LoginFlags> = async ([server], flags, context) => {
  const registry = parseRegistry(server);
  const { username, password } = await readLogin(flags, context);
  return withEvents(context, async (library, task) => {
    if (flags.password !== undefined) {
      task.events({ kind: 'message', level: 'warning', message: 'Other users can see a password on the command line: use --password-stdin' });
    }
    const { place, plainText } = await library.login({ registry, username, password, insecureRegistries: flags.insecureRegistry ?? [] }, task);
    const advice = plainText ? ', unencrypted: a credential helper (credsStore in that file) keeps it safe' : '';
    task.events({ kind: 'message', level: 'info', message: `The login is kept in ${visible(place)}${advice}` });
    context.stdout.write('Login Succeeded\n');
    return 0;
  });
};

async function readLogin(flags: LoginFlags, context: CommandContext): Promise<{ readonly username: string; readonly password: string }> {
  const { passwordStdin = false } = flags;
  if (passwordStdin && flags.password !== undefined) throw usageError('Cannot take --password together with --password-stdin: want one of them');
  if (passwordStdin && flags.username === undefined) throw usageError('Cannot read the password from standard input without a user', 'Add --username NAME');
  const asks = flags.username === undefined || (flags.password === undefined && !passwordStdin);
  if (asks && !context.stdinIsTerminal) {
    throw usageError('Cannot ask for user and password: standard input is no terminal', 'Use --username NAME and --password-stdin');
  }
  const username = flags.username ?? (await context.ask('Username: ', 'open'));
  const password = passwordStdin ? await readAll(context) : (flags.password ?? (await context.ask('Password: ', 'secret')));
  if (username === '' || password === '') throw usageError(`Cannot log in without a ${username === '' ? 'user name' : 'password'}`);
  if (username.includes(':')) throw usageError(`Cannot log in as "${username}": a user name has no ":"`);
  return { username, password };
}

/** Without the line break at its end. */
async function readAll(context: CommandContext): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of context.standardInput()) chunks.push(chunk);
  return Buffer.concat(chunks)
    .toString('utf8')
    .replace(/\r?\n$/, '');
}
