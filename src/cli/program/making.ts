import type { Command } from 'commander';
import { action, commaList, examples, list } from './action.ts';
import type { Run } from './action.ts';

const TARGETS = 'a platform to make it for, such as linux/amd64 or linux/arm64:debian@13 (repeatable, or joined by commas)';

/** Flags of pack that everything which makes images takes. */
function withMakingOptions(command: Command, config: string, targets: string): Command {
  return command
    .option('-c, --config <file>', config)
    .option('--publish', 'push to the registry that the name says; several targets become one index')
    .option('-o, --output <place>', 'a place instead of the local store: docker, oci:DIR, oci-archive:FILE, docker-archive:FILE (repeatable)', list)
    .option('--tag <name>', 'another name (repeatable, or joined by commas)', commaList)
    .option('-t, --target <target>', targets, commaList)
    .option('--append-image-name-suffix', 'with --publish and several targets: tag each image with its target too')
    .option(
      '--pull-policy <policy>',
      'when registries are asked for newer images: always, if-not-present, never, hourly, daily, weekly, interval=1d12h; default: always, when they can be reached',
    )
    .option('--insecure-registry <host>', 'a registry without TLS or with a certificate that is not checked (repeatable)', list);
}

const withLabels = (command: Command): Command => command.option('-l, --label <name=value>', 'a label of the image (repeatable, or joined by commas)', list);

/** `tspack builder create`. */
export function addBuilderCreate(builder: Command, run: Run): void {
  const command = builder.command('create').argument('<image>', 'name of the builder image').description('make a builder image from a builder.toml');
  withLabels(withMakingOptions(command, 'the builder.toml (required)', `${TARGETS}; default: [[targets]] of builder.toml, else this machine's`))
    .option('--flatten <names>', 'buildpacks that share a layer: ID@VERSION,ID@VERSION (repeatable, one layer each)', list)
    .option('--lifecycle-image <image>', "also make an image with tspack's lifecycle alone, for pack build --lifecycle-image")
    .option('-R, --buildpack-registry <name>', 'not with tspack: set TSPACK_BUILDPACK_REGISTRY')
    .action(action(run, async () => (await import('../commands/builder-create.ts')).builderCreate))
    .addHelpText(
      'after',
      examples(
        'tspack builder create my-builder --config builder.toml',
        'tspack builder create registry.example.com/team/builder:1 --config builder.toml --publish --target linux/amd64 --target linux/arm64',
        'tspack builder create my-builder --config builder.toml --output docker',
      ),
    );
}

/** `tspack buildpack ...` and `tspack extension ...`. */
export function addModules(program: Command, run: Run): void {
  addModuleGroup(program, run, 'buildpack', 'a buildpack', 'make, package and describe buildpacks');
  addModuleGroup(program, run, 'extension', 'an image extension', 'make, package and describe image extensions');
}

function addModuleGroup(program: Command, run: Run, kind: 'buildpack' | 'extension', one: string, description: string): void {
  const group = program.command(kind).description(description).usage('<command> [options]').enablePositionalOptions();
  group
    .command('new')
    .argument('<id>', `ID of the ${kind}, such as example/my-${kind}`)
    .description(`make the folder of ${one} of shell scripts`)
    .option('-a, --api <version>', 'the Buildpack API', '0.12')
    .option('-p, --path <dir>', 'the folder to make; default: the last part of the ID')
    .option('-V, --version <version>', `version of the ${kind}`, '1.0.0')
    .option('-t, --targets <target>', `${TARGETS}; default: this machine's`, commaList)
    .action(action(run, async () => (await import('../commands/new-module.ts')).newModule(kind)))
    .addHelpText(
      'after',
      examples(`tspack ${kind} new example/my-${kind}`, `tspack ${kind} new example/my-${kind} --path ./here --targets linux/amd64,linux/arm64`),
    );
  addPackage(group, run, kind, one);
  group
    .command('inspect')
    .argument(`<${kind}>`, 'a folder, an archive, a .cnb file, an image or the ID of a bundled buildpack')
    .description(`describe ${one}: what is in it, its order, its targets`)
    .option('-o, --output <format>', 'human-readable or json', 'human-readable')
    .option('-d, --depth <number>', 'levels of the detection order to show; default: all')
    .option('--insecure-registry <host>', 'a registry without TLS or with a certificate that is not checked (repeatable)', list)
    .action(action(run, async () => (await import('../commands/inspect-module.ts')).inspectModule(kind)))
    .addHelpText('after', examples(`tspack ${kind} inspect ./my-${kind}`, `tspack ${kind} inspect registry.example.com/team/${kind}:1 --output json`));
}

function addPackage(group: Command, run: Run, kind: 'buildpack' | 'extension', one: string): void {
  const command = group
    .command('package')
    .argument('<name>', 'name of the image, or of the .cnb file with --format file')
    .description(`make a package of ${one}`);
  const place = kind === 'buildpack' ? 'buildpack.toml, of a composite those of package.toml' : 'extension.toml';
  withLabels(withMakingOptions(command, 'the package.toml; default: --path', `${TARGETS}; default: [[targets]] of ${place}`))
    .option('-p, --path <dir>', `the folder of the ${kind}; default: the working directory`)
    .option('-f, --format <format>', 'image or file; default: image')
    .option('-r, --buildpack-registry <name>', 'not with tspack: set TSPACK_BUILDPACK_REGISTRY');
  if (kind === 'buildpack') {
    command
      .option('--flatten', 'put all buildpacks of it into one layer')
      .option('-e, --flatten-exclude <names>', 'but for these: ID@VERSION,ID@VERSION (repeatable); implies --flatten', list);
  }
  command
    .action(action(run, async () => (await import('../commands/package-module.ts')).packageModule(kind)))
    .addHelpText(
      'after',
      examples(
        `tspack ${kind} package my-${kind} --path ./my-${kind}`,
        `tspack ${kind} package my-${kind}.cnb --config package.toml --format file`,
        `tspack ${kind} package registry.example.com/team/${kind}:1 --config package.toml --publish`,
      ),
    );
}
