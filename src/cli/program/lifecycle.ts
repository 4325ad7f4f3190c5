import type { Command } from 'commander';
import { examples } from './action.ts';

/** `tspack lifecycle ...`, for `--help` alone: `main.ts` runs it without loading the rest of the command line. */
export function addLifecycle(program: Command): void {
  program
    .command('lifecycle')
    .argument('<phase>', 'analyze, detect, restore, extend, build, export, create, rebase or launch')
    .argument('[arguments...]', 'the flags of the phase as the Platform specification has them: -app, -layers, ...')
    .usage('<phase> [arguments]')
    .description('run a phase of the lifecycle as a program, for other platforms')
    .addHelpText(
      'after',
      examples(
        'tspack lifecycle detect -app . -buildpacks ./buildpacks',
        'tspack lifecycle rebase -run-image registry.example.com/run registry.example.com/app',
      ),
    );
}
