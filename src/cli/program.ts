import { Command, CommanderError, Option } from 'commander';
import type { CommandFunction } from './command.ts';
import type { CliContext } from './context.ts';
import { EXIT } from './exit-code.ts';
import { wantsColor } from './render/style.ts';

interface DisplayFlags {
  readonly quiet?: boolean;
  readonly verbose?: boolean;
  readonly color?: boolean;
  readonly timestamps?: boolean;
}

/** Takes part in the exit code of {@link runProgram}. */
interface Run {
  readonly context: CliContext;
  readonly passthrough: readonly string[];
  exitCode: number;
}

const list = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

function withDisplayFlags(command: Command): void {
  command
    .option('-q, --quiet', 'show only warnings, errors and the result')
    .option('-v, --verbose', 'show more of what happens')
    .option('--no-color', 'show no colours (also: the variable NO_COLOR)')
    .option('--timestamps', 'begin each line of progress with the time');
}

function action<Arguments extends readonly (string | undefined)[], Options>(
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
    const display = {
      quiet: flags.quiet ?? false,
      verbose: flags.verbose ?? false,
      color: wantsColor(flags.color, environment, stderr.isTerminal),
      timestamps: flags.timestamps ?? false,
    };
    const execute = await load();
    const args = command.processedArgs.filter((value): value is string => typeof value === 'string');
    run.exitCode = await execute(args as unknown as Arguments, command.opts<Options & object>(), { ...run.context, display }, run.passthrough);
  };
}

function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  $ ${line}`).join('\n')}\n`;
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
  addRun(program, run);
  addRebase(program, run);
  addInspect(program, run);
  addBuilder(program, run);
  addSbom(program, run);
  program
    .command('doctor')
    .description('say what works on this machine, and what to do about the rest')
    .option('-o, --output <format>', 'human-readable or json', 'human-readable')
    .action(action(run, async () => (await import('./commands/doctor.ts')).doctor))
    .addHelpText('after', examples('tspack doctor', 'tspack doctor --output json'));
  program
    .command('version')
    .description('print the version')
    .action(action(run, async () => (await import('./commands/version.ts')).version));
  return program;
}

function addBuild(program: Command, run: Run): void {
  program
    .command('build')
    .argument('<image>', 'name of the image, such as myapp or registry.example.com/team/myapp:1.2')
    .description('build an image from a source folder')
    .option('-p, --path <dir>', 'the source folder', '.')
    .option('-B, --builder <name>', 'the builder; "tspack builder suggest" lists them')
    .option('-e, --env <NAME=value>', 'a variable for buildpacks; NAME alone takes its value here (repeatable)', list)
    .option('--env-file <file>', 'a file with a variable for buildpacks on each line (repeatable)', list)
    .option('--volume <source:target[:rw]>', 'a folder that buildpacks see, such as ./npmrc:/platform/bindings/npmrc (repeatable)', list)
    .option('-o, --output <place>', 'a place besides the local store: docker, oci:DIR, oci-archive:FILE, docker-archive:FILE (repeatable)', list)
    .option('--publish', 'push to the registry that the image name says')
    .option('-D, --default-process <type>', 'the process that the image starts')
    .addOption(new Option('--network <mode>', 'the network that buildpacks have').choices(['host', 'none']).default('host'))
    .addOption(new Option('--executor <executor>', 'what buildpacks run in').choices(['auto', 'sandbox', 'container']).default('auto'))
    .option('--clear-cache', 'forget the layers cached for this image first')
    .option('--frozen', 'use only the locked packages, even when the archive has replaced them')
    .option('--insecure-registry <host>', 'a registry without TLS or with a certificate that is not checked (repeatable)', list)
    .action(action(run, async () => (await import('./commands/build.ts')).build))
    .addHelpText(
      'after',
      examples(
        'tspack build myapp --builder base',
        'tspack build myapp --builder base --path ./service --env NODE_ENV=production',
        'tspack build registry.example.com/team/myapp:1.2 --builder base --publish',
        'tspack build myapp --builder base --output docker --output oci-archive:myapp.tar',
        'tspack build myapp --builder base --volume ./npmrc:/platform/bindings/npmrc',
      ),
    );
}

function addRun(program: Command, run: Run): void {
  program
    .command('run')
    .argument('<image>', 'name or ID of the image')
    .argument('[process]', "process type; default: the image's own")
    .description('start an image')
    .usage('<image> [options] [process] [-- args]')
    .option('-p, --publish <host:container>', 'a port of this machine for one of the application, on loopback unless ADDRESS: comes first (repeatable)', list)
    .option('-e, --env <NAME=value>', 'a variable for the application; NAME alone takes its value here (repeatable)', list)
    .option('--env-file <file>', 'a file with a variable on each line (repeatable)', list)
    .addOption(new Option('--runtime <runtime>', 'what starts it').choices(['auto', 'sandbox', 'docker']).default('auto'))
    .action(action(run, async () => (await import('./commands/run.ts')).run, true))
    .addHelpText('after', examples('tspack run myapp -p 8080:8080', 'tspack run myapp -p 3000:8080 --env LOG_LEVEL=debug worker -- --queue mail'));
}

function addRebase(program: Command, run: Run): void {
  program
    .command('rebase')
    .argument('<image>', 'name, oci:DIR or docker:NAME')
    .description('put an image on a newer run image without building it again')
    .option('--run-image <image>', 'the run image: a name, oci:DIR or docker:NAME; default: the one that the image names')
    .option('--publish', 'rebase the image in the registry that its name says')
    .option('--previous-image <image>', 'rebase this image instead, which stays as it is; the result gets the other name')
    .option('--force', 'rebase on a run image for another target or of an unknown name, or an image that forbids it')
    .option('--report-output-dir <dir>', 'a folder that gets report.toml')
    .option('--insecure-registry <host>', 'a registry without TLS or with a certificate that is not checked (repeatable)', list)
    .action(action(run, async () => (await import('./commands/rebase.ts')).rebase))
    .addHelpText(
      'after',
      examples(
        'tspack rebase myapp',
        'tspack rebase registry.example.com/team/myapp:1.2 --publish',
        'tspack rebase myapp --run-image oci:./run',
        'tspack rebase team/app:2 --previous-image team/app:1',
      ),
    );
}

function addInspect(program: Command, run: Run): void {
  program
    .command('inspect')
    .argument('<image>', 'name, image ID, oci:DIR or docker:NAME')
    .description('describe an image: base, buildpacks, processes, layers')
    .option('--remote', 'read it from its registry')
    .option('-o, --output <format>', 'human-readable or json', 'human-readable')
    .option('--insecure-registry <host>', 'a registry without TLS or with a certificate that is not checked (repeatable)', list)
    .action(action(run, async () => (await import('./commands/inspect.ts')).inspect))
    .addHelpText(
      'after',
      examples('tspack inspect myapp', 'tspack inspect registry.example.com/team/myapp:1.2 --remote --output json', 'tspack inspect oci:./layout'),
    );
}

function addBuilder(program: Command, run: Run): void {
  const builder = program.command('builder').description('describe and refresh builders').usage('<command> [options]').enablePositionalOptions();
  builder
    .command('suggest')
    .description('list the builders')
    .action(action(run, async () => (await import('./commands/builder-suggest.ts')).builderSuggest))
    .addHelpText('after', examples('tspack builder suggest'));
  builder
    .command('inspect')
    .argument('<builder>', 'name of the builder')
    .description('describe a builder: run image, buildpacks, packages')
    .option('-o, --output <format>', 'human-readable or json', 'human-readable')
    .action(action(run, async () => (await import('./commands/builder-inspect.ts')).builderInspect))
    .addHelpText('after', examples('tspack builder inspect base', 'tspack builder inspect base --output json'));
  builder
    .command('update')
    .argument('<builder>', 'name of the builder')
    .description("lock the newest signed packages of a builder's images")
    .action(action(run, async () => (await import('./commands/builder-update.ts')).builderUpdate))
    .addHelpText('after', examples('tspack builder update base'));
}

function addSbom(program: Command, run: Run): void {
  const sbom = program.command('sbom').description('read the bill of materials of an image').usage('<command> [options]').enablePositionalOptions();
  sbom
    .command('download')
    .argument('<image>', 'name, image ID, oci:DIR or docker:NAME')
    .description('write the bills of materials of an image below a folder')
    .option('--remote', 'read the image from its registry')
    .option('-o, --output-dir <dir>', 'the folder', '.')
    .option('--insecure-registry <host>', 'a registry without TLS or with a certificate that is not checked (repeatable)', list)
    .action(action(run, async () => (await import('./commands/sbom-download.ts')).sbomDownload))
    .addHelpText('after', examples('tspack sbom download myapp', 'tspack sbom download myapp --output-dir sbom'));
}

/** What all commands have in common: the flags of the display, and errors that are thrown instead of printed. */
function settle(command: Command, run: Run): void {
  command
    .exitOverride()
    .showSuggestionAfterError(true)
    .configureHelp({ helpWidth: Math.min(Math.max(run.context.stdout.columns, 60), 120), sortSubcommands: false })
    .configureOutput({ writeOut: (text) => run.context.stdout.write(text), writeErr: (text) => run.context.stderr.write(text), outputError: () => undefined });
  // Last, so that help shows them after the command's own.
  if (command.commands.length === 0 || command.parent === null) withDisplayFlags(command);
  for (const inner of command.commands) settle(inner, run);
}

/** Runs one command. Throws what the command throws, and `CommanderError` for a command line that cannot be read. */
export async function runProgram(argv: readonly string[], context: CliContext): Promise<number> {
  if (argv.length === 0) return runProgram(['--help'], context);
  const separator = argv.indexOf('--');
  const run: Run = { context, passthrough: separator < 0 ? [] : argv.slice(separator + 1), exitCode: EXIT.success };
  const program = createProgram(run);
  settle(program, run);
  await program.parseAsync(separator < 0 ? argv : argv.slice(0, separator), { from: 'user' });
  return run.exitCode;
}
