import { Option } from 'commander';
import type { Command } from 'commander';
import { action, commaList, examples, list } from './action.ts';
import type { Run } from './action.ts';

const IMAGE = ['<image>', 'name of the image, such as myapp or registry.example.com/team/myapp:1.2'] as const;

/** `tspack build` and `tspack plan`, which take the same options. */
export function addBuild(program: Command, run: Run): void {
  const build = program
    .command('build')
    .argument(...IMAGE)
    .description('build an image of an application');
  addBuildOptions(build);
  build
    .option('--dry-run', 'only show what would be done, as tspack plan does')
    .option('--format <format>', 'with --dry-run: text or json')
    .action(action(run, async () => (await import('../commands/build.ts')).build))
    .addHelpText(
      'after',
      examples(
        'tspack build myapp --builder base',
        'tspack build myapp --builder base --path ./service --env NODE_ENV=production',
        'tspack build myapp --builder base --path https://example.com/app.git#v1.2:web',
        'git archive HEAD | tspack build myapp --builder base --path -',
        'tspack build registry.example.com/team/myapp:1.2 --builder base --publish',
        'tspack build myapp --builder base --output docker --output oci-archive:myapp.tar',
        'tspack build myapp --builder base --volume ./npmrc:/platform/bindings/npmrc',
        'tspack build myapp --builder registry.example.com/team/builder --buildpack ./my-buildpack,from=builder',
        'tspack build myapp --builder base --env... NODE_ENV=production NODE_OPTIONS=--max-old-space-size=512',
      ),
    );
  const plan = program
    .command('plan')
    .argument(...IMAGE)
    .description('show what a build would do: which buildpacks take part and why, which layers are used again');
  addBuildOptions(plan);
  plan
    .option('--format <format>', 'text or json', 'text')
    .action(action(run, async () => (await import('../commands/plan.ts')).plan))
    .addHelpText(
      'after',
      examples(
        'tspack plan myapp --builder base',
        'tspack plan myapp --builder base --path ./service --format json',
        'tspack build myapp --builder base --dry-run',
      ),
    );
}

function addBuildOptions(command: Command): void {
  addSourceOptions(command);
  addBuildpackOptions(command);
  addResultOptions(command);
  addEnvironmentOptions(command);
  addForeignOptions(command);
}

function addSourceOptions(command: Command): void {
  command
    .option(
      '-p, --path <source>',
      'the application: a folder, a zip or tar archive, the address of a git repository with #REF:FOLDER, or - for an archive on standard input',
      '.',
    )
    .option('--app <dir>', 'the part of the source that is built, such as a member of a workspace: packages/web')
    .option('-d, --descriptor <file>', 'the project descriptor; default: project.toml in the source folder')
    .option(
      '-B, --builder <builder>',
      'a builder of "tspack builder suggest", or an image: a name, docker:NAME, oci:DIR; default: the one that project.toml names',
    )
    .option('--run-image <image>', "the image to build on, in the same forms; default: the builder's")
    .option(
      '--pull-policy <policy>',
      'when registries are asked for newer images: always, if-not-present, never, hourly, daily, weekly, interval=1d12h; default: always, when they can be reached',
    )
    .option('--platform <os/arch>', 'what the image is for');
}

function addBuildpackOptions(command: Command): void {
  command
    .option(
      '-b, --buildpack <buildpack>',
      "a buildpack in the place of the builder's order: ID[@VERSION], a folder, an archive or its URL, an image, from=builder (repeatable, or joined by commas)",
      commaList,
    )
    .option('--pre-buildpack <buildpack>', "a buildpack before each group of the builder's order (repeatable, or joined by commas)", commaList)
    .option('--post-buildpack <buildpack>', "a buildpack after each group of the builder's order (repeatable, or joined by commas)", commaList)
    .option(
      '--extension <extension>',
      "an image extension in the place of the builder's, in the forms of --buildpack (repeatable, or joined by commas)",
      commaList,
    )
    .option('--disable-system-buildpacks', 'leave out the system buildpacks of the builder');
}

function addResultOptions(command: Command): void {
  command
    .option('-o, --output <place>', 'a place besides the local store: docker, oci:DIR, oci-archive:FILE, docker-archive:FILE (repeatable)', list)
    .option('--publish', 'push to the registry that the image name says')
    .option('-t, --tag <name>', 'another name of the image (repeatable, or joined by commas)', commaList)
    .option('-D, --default-process <type>', 'the process that the image starts')
    .option('--creation-time <time>', 'when the image says that it was made: now, or seconds since 1970; default: SOURCE_DATE_EPOCH, or 1980')
    .option('--previous-image <image>', 'the image whose layers may be used again; default: the one that is built')
    .option('--report-output-dir <dir>', 'a folder that gets report.toml')
    .option('--sbom-output-dir <dir>', 'a folder that gets the bills of materials')
    .option('--digest-file <file>', 'a file that gets the digest')
    .option('--image-name-with-digest-file <file>', 'a file that gets each name with the digest')
    .option('--iidfile <file>', 'a file that gets the image ID')
    .option('--metadata-file <file>', "a file that gets the digests as buildx' JSON")
    .option('--tekton-results [dir]', "a folder that gets Tekton's results IMAGE_DIGEST, IMAGE_URL and so on; without a value /tekton/results")
    .option('--summary-file <file>', 'a file that gets a summary in Markdown at its end, such as $GITHUB_STEP_SUMMARY')
    .option('--sparse', 'leave the layers of the run image out of OCI layouts');
}

function addEnvironmentOptions(command: Command): void {
  command
    .option('-e, --env <NAME=value>', 'a variable for buildpacks; NAME alone takes its value here, BP_* those that begin so (repeatable)', list)
    .option('--env-file <file>', 'a file with a variable for buildpacks on each line (repeatable)', list)
    .option('--exec-env <name>', 'what the image is for: production, test or development', 'production')
    .option('--volume <source:target[:rw]>', 'a folder that buildpacks see, such as ./npmrc:/platform/bindings/npmrc (repeatable)', list)
    .option('--workspace <dir>', 'where the application lies, in the build and in the image; default: /workspace')
    .option('--uid <number>', "the user that builds and owns the application, in the place of the builder's")
    .option('--gid <number>', "the group that builds and owns the application, in the place of the builder's")
    .option('--network <mode>', 'the network that buildpacks have: host or none', 'host')
    .addOption(new Option('--executor <executor>', 'what buildpacks run in').choices(['auto', 'sandbox', 'container', 'inline']).default('auto'))
    .option(
      '--cache <cache>',
      "where cached layers are kept: 'type=build;format=volume;name=NAME', '...format=bind;source=DIR', '...format=image;name=IMAGE' (repeatable)",
      list,
    )
    .option('--cache-image <image>', 'keep cached layers in this image in its registry')
    .option('--cache-from <image>', 'read cached layers of this image where the cache image is not there yet; it is never written')
    .option('--clear-cache', 'forget the layers cached for this image first')
    .option('--frozen', 'use only the locked packages, even when the archive has replaced them')
    .option('--insecure-registry <host>', 'a registry without TLS or with a certificate that is not checked (repeatable)', list)
    .option('--insecure', "the image's registry is one without TLS or with a certificate that is not checked");
}

/** Options of pack without a meaning here; what is said about them stands in `options/pack-only.ts`. */
function addForeignOptions(command: Command): void {
  const hidden = (flags: string) => command.addOption(new Option(flags).hideHelp());
  for (const flags of ['--trust-builder', '--trust-extra-buildpacks', '--userns-host', '--interactive']) hidden(flags);
  for (const flags of ['--lifecycle-image <image>', '--docker-host <address>', '-r, --buildpack-registry <name>']) hidden(flags);
}
