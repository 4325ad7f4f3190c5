import { Option } from 'commander';
import type { Command } from 'commander';
import { action, examples, list } from './action.ts';
import type { Run } from './action.ts';

const INSECURE = ['--insecure-registry <host>', 'a registry without TLS or with a certificate that is not checked (repeatable)'] as const;
const TABLE_FORMAT = ['--format <format>', 'table or json', 'table'] as const;
const ANY_IMAGE = 'name, image ID, docker:NAME, oci:DIR, oci-archive:FILE or docker-archive:FILE';

/** The verbs on images of the local store. */
export function addImages(program: Command, run: Run): void {
  addListing(program, run);
  addNames(program, run);
  addTransfers(program, run);
  addArchives(program, run);
  addLooking(program, run);
  addSpace(program, run);
}

function addListing(program: Command, run: Run): void {
  program
    .command('ls')
    .alias('images')
    .argument('[reference]', 'only names that fit: a name, without its tag for all tags, or a pattern such as team/*')
    .description('list the images of the local store')
    .option('-f, --filter <key=value>', 'only images with reference=PATTERN, before=IMAGE, since=IMAGE or label=KEY[=VALUE] (repeatable)', list)
    .option('--format <format>', 'table, or json: an object on each line', 'table')
    .option('--no-trunc', 'show IDs and digests whole')
    .action(action(run, async () => (await import('../commands/ls.ts')).ls))
    .addHelpText('after', examples('tspack ls', "tspack ls 'team/*' --format json", 'tspack rm $(tspack ls --quiet --filter label=stage=test)'));
}

function addNames(program: Command, run: Run): void {
  program
    .command('rm')
    .alias('rmi')
    .argument('<images...>', 'names or IDs')
    .description('remove images from the local store')
    .option('-f, --force', 'remove an image with all its names when its ID is given; missing ones are no error')
    .action(action(run, async () => (await import('../commands/rm.ts')).rm))
    .addHelpText('after', examples('tspack rm myapp', 'tspack rm --force 3f2a9c81d4e6'));
  program
    .command('tag')
    .argument('<image>', 'name or ID')
    .argument('<names...>', 'the new names')
    .description('give an image more names')
    .action(action(run, async () => (await import('../commands/tag.ts')).tag))
    .addHelpText('after', examples('tspack tag myapp registry.example.com/team/myapp:1.2'));
}

function addTransfers(program: Command, run: Run): void {
  program
    .command('pull')
    .argument('<image>', 'a name in a registry, or docker:NAME')
    .description('take an image of a registry or daemon into the local store')
    .option('--platform <os/arch>', "what the image is for; default: this machine's")
    .option(...INSECURE, list)
    .action(action(run, async () => (await import('../commands/pull.ts')).pull))
    .addHelpText(
      'after',
      examples('tspack pull registry.example.com/team/myapp:1.2', 'tspack pull debian:13 --platform linux/arm64', 'tspack pull docker:myapp'),
    );
  program
    .command('push')
    .argument('<image>', 'name or ID in the local store')
    .argument('[destinations...]', "names to push it under; default: the image's own")
    .description('push an image to its registry')
    .option(...INSECURE, list)
    .action(action(run, async () => (await import('../commands/push.ts')).push))
    .addHelpText('after', examples('tspack push registry.example.com/team/myapp:1.2', 'tspack push myapp localhost:5000/myapp:1.2'));
  program
    .command('login')
    .argument('[registry]', 'host of the registry; default: Docker Hub')
    .description('keep the login of a registry, where docker keeps it')
    .option('-u, --username <name>', 'the user')
    .option('-p, --password <password>', 'the password; others can see it')
    .option('--password-stdin', 'read the password from standard input')
    .option(...INSECURE, list)
    .action(action(run, async () => (await import('../commands/login.ts')).login))
    .addHelpText('after', examples('tspack login registry.example.com', 'tspack login registry.example.com --username ci --password-stdin < token.txt'));
  program
    .command('logout')
    .argument('[registry]', 'host of the registry; default: Docker Hub')
    .description('forget the login of a registry')
    .action(action(run, async () => (await import('../commands/logout.ts')).logout))
    .addHelpText('after', examples('tspack logout registry.example.com'));
}

function addArchives(program: Command, run: Run): void {
  program
    .command('save')
    .argument('<images...>', 'names or IDs')
    .description('write images as one archive, to a file or a pipe')
    .option('-o, --output <file>', 'the file; default: standard output')
    .addOption(new Option('--format <format>', 'the form of the archive').choices(['docker', 'oci']).default('docker'))
    .action(action(run, async () => (await import('../commands/save.ts')).save))
    .addHelpText('after', examples('tspack save myapp | docker load', 'tspack save myapp worker --format oci --output images.tar'));
  program
    .command('load')
    .description('take the images of an archive into the local store')
    .option('-i, --input <file>', 'the archive, of docker or OCI form, compressed or not; default: standard input')
    .option('--name <name>', 'the name of an image that has none in the archive')
    .action(action(run, async () => (await import('../commands/load.ts')).load))
    .addHelpText('after', examples('docker save myapp | tspack load', 'tspack load --input images.tar.gz'));
  program
    .command('unpack')
    .argument('<image>', ANY_IMAGE)
    .argument('<dir>', 'a new or an empty folder')
    .description('write the files of an image into a folder')
    .option('--remote', 'read it from its registry')
    .option(...INSECURE, list)
    .action(action(run, async () => (await import('../commands/unpack.ts')).unpack))
    .addHelpText('after', examples('tspack unpack myapp ./rootfs'));
}

function addLooking(program: Command, run: Run): void {
  program
    .command('history')
    .argument('<image>', ANY_IMAGE)
    .description('show the steps that made an image, newest first')
    .option('--format <format>', 'table, or json: an object on each line', 'table')
    .option('--no-trunc', 'show IDs and steps whole')
    .option('--remote', 'read it from its registry')
    .option(...INSECURE, list)
    .action(action(run, async () => (await import('../commands/history.ts')).history))
    .addHelpText('after', examples('tspack history myapp', 'tspack history debian:13 --remote --no-trunc'));
  program
    .command('diff')
    .argument('<from>', ANY_IMAGE)
    .argument('<to>', 'the same')
    .description('compare two images: packages, environment, processes, layers, files')
    .option('--files', 'show all files, not only the first')
    .option('--exit-code', 'end with 1 when the images differ')
    .option('-o, --output <format>', 'human-readable or json', 'human-readable')
    .option(...INSECURE, list)
    .action(action(run, async () => (await import('../commands/diff.ts')).diff))
    .addHelpText('after', examples('tspack diff myapp:1 myapp:2', 'tspack diff registry.example.com/team/myapp:1.2 myapp --output json'));
}

function addSpace(program: Command, run: Run): void {
  program
    .command('du')
    .description('show what takes space in the data folder')
    .option(...TABLE_FORMAT)
    .action(action(run, async () => (await import('../commands/du.ts')).du))
    .addHelpText('after', examples('tspack du', 'tspack du --format json'));
  program
    .command('prune')
    .description('remove what only costs time to get again: caches, and layers that no image needs')
    .option('-a, --all', 'remove images too')
    .option('--keep-duration <time>', 'keep what was used within this time, such as 48h or 7d')
    .option('--keep-storage <size>', 'remove no more once everything takes no more than this, such as 10GB')
    .option('--dry-run', 'only say what would be removed')
    .option(...TABLE_FORMAT)
    .addOption(new Option('-f, --force').hideHelp())
    .action(action(run, async () => (await import('../commands/prune.ts')).prune))
    .addHelpText('after', examples('tspack prune --dry-run', 'tspack prune --keep-duration 7d --keep-storage 10GB', 'tspack prune --all'));
}
