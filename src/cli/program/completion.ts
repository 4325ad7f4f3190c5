import { Argument } from 'commander';
import type { Command } from 'commander';
import { SHELLS } from '../completion/scripts.ts';
import { action, examples } from './action.ts';
import type { Run } from './action.ts';

/** `tspack completion <shell>`, and the command that its scripts ask. */
export function addCompletion(program: Command, run: Run): void {
  program
    .command('completion')
    .addArgument(new Argument('<shell>', 'the shell').choices(SHELLS))
    .description('print a script by which a shell completes commands, flags, images and builders')
    .action(action(run, async () => (await import('../commands/completion.ts')).completion))
    .addHelpText(
      'after',
      examples('source <(tspack completion bash)', 'source <(tspack completion zsh)', 'tspack completion fish > ~/.config/fish/completions/tspack.fish'),
    );
  program
    .command('complete', { hidden: true })
    .description('print what may stand in the place of the last word after "--"')
    .action(action(run, async () => (await import('../commands/completion.ts')).complete(program), true));
}
