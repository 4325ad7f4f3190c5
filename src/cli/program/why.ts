import type { Command } from 'commander';
import { action, examples } from './action.ts';
import type { Run } from './action.ts';

/** `tspack why`. */
export function addWhy(program: Command, run: Run): void {
  program
    .command('why')
    .usage('[options] [image] <layer>')
    .argument('<image>', 'an image that was built here; left out: the last one')
    .argument('[layer]', 'BUILDPACK:LAYER, or the part after the colon; app, launcher, config')
    .description('say why a layer was made anew or used again, by whom and from what')
    .option('--format <format>', 'text or json', 'text')
    .action(action(run, async () => (await import('../commands/why.ts')).why))
    .addHelpText('after', examples('tspack why dependencies', 'tspack why myapp tspack/nodejs:node', 'tspack why myapp app --format json'));
}
