import { CommanderError } from 'commander';
import type { Command } from 'commander';
import type { CommandFunction } from '../command.ts';
import type { CliContext, DisplayOptions } from '../context.ts';
import { EXIT } from '../exit-code.ts';
import { LOG_SCHEMA, jsonLine } from '../render/json-line.ts';
import { wantsColor } from '../render/style.ts';

interface DisplayFlags {
  readonly quiet?: boolean;
  readonly verbose?: boolean;
  readonly color?: boolean;
  readonly forceColor?: boolean;
  readonly timestamps?: boolean;
  readonly logFormat?: 'text' | 'json';
}

/** Takes part in the exit code of the program. */
export interface Run {
  readonly context: CliContext;
  readonly passthrough: readonly string[];
  exitCode: number;
}

/** For options that may be given more than once. */
export const list = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

/** For options whose values may also be joined by commas. */
export const commaList = (value: string, before: readonly string[] = []): readonly string[] => [...before, ...value.split(',').filter((part) => part !== '')];

/** What a command does: its code is loaded when it runs. */
export function action<Arguments extends readonly (string | undefined)[], Options>(
  run: Run,
  load: () => Promise<CommandFunction<Arguments, Options>>,
  takesPassthrough = false,
): (...parameters: unknown[]) => Promise<void> {
  return async (...parameters) => {
    const command = parameters.at(-1) as Command;
    const flags = command.optsWithGlobals<DisplayFlags>();
    if (run.passthrough.length > 0 && !takesPassthrough) {
      throw new CommanderError(EXIT.usage, 'tspack.passthrough', `error: nothing can follow "--" in tspack ${command.name()}`);
    }
    const { stderr, environment } = run.context;
    const display: DisplayOptions = {
      quiet: flags.quiet ?? false,
      verbose: flags.verbose ?? false,
      color: wantsColor(flags.color === false ? false : flags.forceColor, environment, stderr.isTerminal),
      timestamps: flags.timestamps ?? false,
      logFormat: flags.logFormat ?? 'text',
    };
    const execute = await load();
    // An argument that takes several values is a list; one that is left out is nothing.
    const args = command.processedArgs.flat().filter((value): value is string => typeof value === 'string');
    const log = jsonLog(run.context, display);
    log('started', { schema: LOG_SCHEMA, version: run.context.version, command: commandNames(command) });
    run.exitCode = await execute(args as unknown as Arguments, command.opts<Options & object>(), { ...run.context, display }, run.passthrough);
    log('finished', { exitCode: run.exitCode });
  };
}

/** Writes lines of the log where it is one of JSON. */
function jsonLog({ stderr, now }: CliContext, { logFormat }: DisplayOptions): (type: string, members: object) => void {
  return (type, members) => {
    if (logFormat === 'json') stderr.write(jsonLine(now(), type, members));
  };
}

/** `builder inspect`. */
function commandNames(command: Command): string {
  return command.parent?.parent ? `${commandNames(command.parent)} ${command.name()}` : command.name();
}

export function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  $ ${line}`).join('\n')}\n`;
}
