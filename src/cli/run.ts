import { CommanderError } from 'commander';
import type { TspackError } from '../index.ts';
import type { CliContext } from './context.ts';
import { EXIT, exitCodeFor } from './exit-code.ts';
import { runProgram } from './program.ts';
import { describeError, errorMembers } from './render/error.ts';
import { jsonLine } from './render/json-line.ts';
import { createStyle, wantsColor } from './render/style.ts';
import { usageError } from './usage-error.ts';

/** Runs a command line to its end: text to the streams of `context`, and the exit code. Never throws. */
export async function runCli(argv: readonly string[], context: CliContext): Promise<number> {
  try {
    return await runProgram(argv, context);
  } catch (error) {
    const shown = toShown(error, argv, context);
    if (shown === undefined) return EXIT.success;
    const exitCode = exitCodeFor(shown);
    if (wantsJsonLog(argv)) {
      context.stderr.write(jsonLine(context.now(), 'error', { ...errorMembers(shown), exitCode }));
      return exitCode;
    }
    const flag = argv.includes('--no-color') ? false : argv.includes('--force-color') ? true : undefined;
    const color = wantsColor(flag, context.environment, context.stderr.isTerminal);
    context.stderr.write(`${describeError(shown, createStyle(color), argv.includes('-v') || argv.includes('--verbose'))}\n`);
    return exitCode;
  }
}

/** Whether the log is JSON; asked of a command line that may not be readable otherwise. */
function wantsJsonLog(argv: readonly string[]): boolean {
  const end = argv.indexOf('--');
  const own = end < 0 ? argv : argv.slice(0, end);
  const last = own.findLastIndex((word) => word === '--log-format' || word.startsWith('--log-format='));
  return own[last] === '--log-format=json' || (own[last] === '--log-format' && own[last + 1] === 'json');
}

/** What to tell about; undefined when it was only help or the version. */
function toShown(error: unknown, argv: readonly string[], context: CliContext): unknown {
  // Whatever breaks while everything is being stopped breaks because of that.
  if (context.signal.aborted) return context.signal.reason;
  if (!(error instanceof CommanderError)) return error;
  if (error.code === 'commander.help') return usageError(`No command was given after "tspack ${argv.join(' ')}"`);
  if (error.exitCode === 0) return undefined;
  return commandLineError(error, argv);
}

/** commander's message in our words: its suggestion becomes the next step. */
function commandLineError(error: CommanderError, argv: readonly string[]): TspackError {
  const [first = '', ...rest] = error.message.replace(/^error: /, '').split('\n');
  const suggestion = /\(Did you mean (?:one of )?(.*?)\?\)/.exec(rest.join(' '))?.[1];
  const command = argv
    .filter((word) => !word.startsWith('-'))
    .slice(0, ['builder', 'buildpack', 'config', 'extension', 'sbom'].includes(argv[0] ?? '') ? 2 : 1);
  const help = `Run "${error.code === 'commander.unknownCommand' ? 'tspack' : ['tspack', ...command].join(' ')} --help" to see what it takes`;
  const sentence = `${first.charAt(0).toUpperCase()}${first.slice(1)}`.replaceAll("'", '"').replace(/\.$/, '');
  return usageError(sentence, suggestion === undefined ? help : `Did you mean ${suggestion}?`);
}
