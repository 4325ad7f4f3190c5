import { Command, Option } from 'commander';
import type { CliContext } from './context.ts';
import { EXIT } from './exit-code.ts';
import { action, examples } from './program/action.ts';
import { addBuild } from './program/build.ts';
import { addBuilder } from './program/builder.ts';
import { addCache } from './program/cache.ts';
import { addCompletion } from './program/completion.ts';
import { addConfig } from './program/config.ts';
import { addDeploy } from './program/deploy.ts';
import { addImages } from './program/images.ts';
import { addInspect } from './program/inspect.ts';
import { addLifecycle } from './program/lifecycle.ts';
import { addModules } from './program/making.ts';
import { addRebase } from './program/rebase.ts';
import { addRun } from './program/run.ts';
import { addSbom } from './program/sbom.ts';
import { addWhy } from './program/why.ts';
import type { Run } from './program/action.ts';
import { spreadOptions } from './spread-options.ts';

function withDisplayFlags(command: Command): void {
  command
    .option('-q, --quiet', 'show only warnings, errors and the result')
    .option('-v, --verbose', 'show more of what happens')
    .option('--no-color', 'show no colours (also: the variable NO_COLOR)')
    .option('--force-color', 'show colours in a pipe, too (also: the variable FORCE_COLOR)')
    .option('--timestamps', 'begin each line of progress with the time')
    .addOption(new Option('--log-format <format>', 'progress as text, or as a JSON object a line').choices(['text', 'json']));
}

/** The whole command line. Each command's code is loaded when it runs. */
function createProgram(run: Run): Command {
  const program = new Command('tspack')
    .description('Turns a source folder into a production container image, without a Dockerfile, a daemon or root.')
    .usage('<command> [options]')
    .version(run.context.version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show help')
    .helpCommand('help [command]', 'show help of a command')
    .enablePositionalOptions()
    .addHelpText('after', examples('tspack build myapp --builder base', 'tspack run myapp -p 8080:8080', 'tspack doctor'));
  addBuild(program, run);
  addWhy(program, run);
  addRun(program, run);
  addRebase(program, run);
  addInspect(program, run);
  addImages(program, run);
  addBuilder(program, run);
  addModules(program, run);
  addSbom(program, run);
  addCache(program, run);
  addConfig(program, run);
  addCompletion(program, run);
  addDeploy(program, run);
  addLifecycle(program);
  program
    .command('doctor')
    .description('say what works on this machine, and what to do about the rest')
    .option('--verify', 'also read every file of the data folder that is kept by its digest, and say what is changed or missing')
    .option('-o, --output <format>', 'human-readable or json', 'human-readable')
    .action(action(run, async () => (await import('./commands/doctor.ts')).doctor))
    .addHelpText('after', examples('tspack doctor', 'tspack doctor --verify', 'tspack doctor --output json'));
  program
    .command('version')
    .description('print the version')
    .action(action(run, async () => (await import('./commands/version.ts')).version));
  return program;
}

/** How a list of commands names one: without `[options]`, which all of them take. */
function termOf(command: Command): string {
  const parts = command.registeredArguments.map((argument) => {
    const name = `${argument.name()}${argument.variadic ? '...' : ''}`;
    return argument.required ? `<${name}>` : `[${name}]`;
  });
  return [command.name(), ...parts].join(' ');
}

/** What all commands have in common: the flags of the display, and errors that are thrown instead of printed. */
function settle(command: Command, run: Run): void {
  command
    .exitOverride()
    .showSuggestionAfterError(true)
    .configureHelp({ helpWidth: Math.min(Math.max(run.context.stdout.columns, 60), 120), sortSubcommands: false, subcommandTerm: termOf })
    .configureOutput({ writeOut: (text) => run.context.stdout.write(text), writeErr: (text) => run.context.stderr.write(text), outputError: () => undefined });
  // Last, so that help shows them after the command's own.
  if ((command.commands.length === 0 && command.name() !== 'lifecycle') || command.parent === null) withDisplayFlags(command);
  for (const inner of command.commands) settle(inner, run);
}

/** Runs one command. Throws what the command throws, and `CommanderError` for a command line that cannot be read. */
export async function runProgram(argv: readonly string[], context: CliContext): Promise<number> {
  if (argv.length === 0) return runProgram(['--help'], context);
  const separator = argv.indexOf('--');
  const run: Run = { context, passthrough: separator < 0 ? [] : argv.slice(separator + 1), exitCode: EXIT.success };
  const program = createProgram(run);
  settle(program, run);
  await program.parseAsync(spreadOptions(separator < 0 ? argv : argv.slice(0, separator), program), { from: 'user' });
  return run.exitCode;
}
