import type { Command } from 'commander';
import { action, examples } from './action.ts';
import type { Run } from './action.ts';

const TABLE_FORMAT = ['--format <format>', 'table or json', 'table'] as const;

/** `tspack cache ...`. */
export function addCache(program: Command, run: Run): void {
  const cache = program.command('cache').description('list, remove and carry caches').usage('<command> [options]').enablePositionalOptions();
  cache
    .command('ls')
    .description('list the caches: cached layers of each image, downloads, unpacked images')
    .option(...TABLE_FORMAT)
    .action(action(run, async () => (await import('../commands/cache.ts')).cacheLs))
    .addHelpText('after', examples('tspack cache ls', 'tspack cache ls --format json'));
  cache
    .command('rm')
    .argument('[caches...]', 'IDs of "tspack cache ls" or their first part, or images: their cached layers')
    .description('remove caches; builds that run keep what they may need')
    .option('-a, --all', 'remove all of them')
    .option('--dry-run', 'only say what would be removed')
    .option(...TABLE_FORMAT)
    .action(action(run, async () => (await import('../commands/cache.ts')).cacheRm))
    .addHelpText('after', examples('tspack cache rm myapp', 'tspack cache rm debian downloads', 'tspack cache rm --all --dry-run'));
  cache
    .command('export')
    .argument('[images...]', 'images whose cached layers are wanted; default: all')
    .description('write caches into one file, for another machine or the next run of a CI system')
    .option('-o, --output <file>', 'the file; - is standard output', '-')
    .option('--no-downloads', 'leave out the downloads that all builds share')
    .action(action(run, async () => (await import('../commands/cache.ts')).cacheExport))
    .addHelpText('after', examples('tspack cache export myapp --output cache.tar', 'tspack cache export | zstd > cache.tar.zst'));
  cache
    .command('import')
    .argument('[file]', 'the file, plain or compressed; - is standard input', '-')
    .description('take the caches of such a file; what is here already stays')
    .action(action(run, async () => (await import('../commands/cache.ts')).cacheImport))
    .addHelpText('after', examples('tspack cache import cache.tar', 'tspack cache import < cache.tar'));
}
