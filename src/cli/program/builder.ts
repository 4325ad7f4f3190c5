import type { Command } from 'commander';
import { action, commaList, examples, list } from './action.ts';
import { addBuilderCreate } from './making.ts';
import type { Run } from './action.ts';

/** `tspack builder ...`. */
export function addBuilder(program: Command, run: Run): void {
  const builder = program.command('builder').description('make, describe and refresh builders').usage('<command> [options]').enablePositionalOptions();
  builder
    .command('suggest')
    .description('list the builders')
    .action(action(run, async () => (await import('../commands/builder-suggest.ts')).builderSuggest))
    .addHelpText('after', examples('tspack builder suggest'));
  builder
    .command('inspect')
    .argument('<builder>', 'name of a bundled builder, or an image: a name, docker:NAME, oci:DIR, oci-archive:FILE or docker-archive:FILE')
    .description('describe a builder: run image, buildpacks, packages')
    .option('--remote', 'read it from its registry')
    .option('--insecure-registry <host>', 'a registry without TLS or with a certificate that is not checked (repeatable)', list)
    .option('-o, --output <format>', 'human-readable or json', 'human-readable')
    .action(action(run, async () => (await import('../commands/builder-inspect.ts')).builderInspect))
    .addHelpText('after', examples('tspack builder inspect base', 'tspack builder inspect registry.example.com/team/builder:1 --output json'));
  builder
    .command('update')
    .argument('<builder>', 'name of the builder')
    .description("lock the newest signed packages of a builder's images and buildpacks")
    .option('-b, --buildpack <name>', 'lock the packages of this buildpack alone (repeatable)', list)
    .action(action(run, async () => (await import('../commands/builder-update.ts')).builderUpdate))
    .addHelpText('after', examples('tspack builder update base', 'tspack builder update base --buildpack static'));
  addBuilderCreate(builder, run);
  builder
    .command('publish')
    .argument('<builder>', 'name of a bundled builder')
    .argument('<repository>', 'where the images go, such as registry.example.com/tspack; their tags are builder-NAME, run-NAME, build-NAME and lifecycle-NAME')
    .description('push a bundled builder, with tspack in it, as images for clusters and for other platforms')
    .option(
      '-t, --target <target>',
      "a platform to make it for, linux/amd64 or linux/arm64 (repeatable, or joined by commas); default: this machine's",
      commaList,
    )
    .option('--insecure-registry <host>', 'a registry without TLS or with a certificate that is not checked (repeatable)', list)
    .action(action(run, async () => (await import('../commands/builder-publish.ts')).builderPublish))
    .addHelpText(
      'after',
      examples(
        'tspack builder publish base registry.example.com/tspack',
        'tspack builder publish base registry.example.com/tspack --target linux/amd64,linux/arm64',
      ),
    );
}
