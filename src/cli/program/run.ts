import { Option } from 'commander';
import type { Command } from 'commander';
import { action, examples, list } from './action.ts';
import type { Run } from './action.ts';

/** `tspack run`. */
export function addRun(program: Command, run: Run): void {
  program
    .command('run')
    .argument('<image>', 'name or ID of the image')
    .argument('[process]', "process type; default: the image's own")
    .description('start an image')
    .usage('<image> [options] [process] [-- args]')
    .option('-p, --publish <host:container>', 'a port of this machine for one of the application, on loopback unless ADDRESS: comes first (repeatable)', list)
    .option('-e, --env <NAME=value>', 'a variable for the application; NAME alone takes its value here, APP_* those that begin so (repeatable)', list)
    .option('--env-file <file>', 'a file with a variable on each line (repeatable)', list)
    .option('--read-only', 'let the application write to /tmp and nowhere else')
    .addOption(new Option('--runtime <runtime>', 'what starts it').choices(['auto', 'sandbox', 'docker']).default('auto'))
    .action(action(run, async () => (await import('../commands/run.ts')).run, true))
    .addHelpText('after', examples('tspack run myapp -p 8080:8080', 'tspack run myapp -p 3000:8080 --env LOG_LEVEL=debug worker -- --queue mail'));
}
