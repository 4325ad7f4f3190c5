import type { Command } from 'commander';
import { action, examples, list } from './action.ts';
import type { Run } from './action.ts';

/** `tspack inspect`. */
export function addInspect(program: Command, run: Run): void {
  program
    .command('inspect')
    .argument('<image>', 'name, image ID, docker:NAME, oci:DIR, oci-archive:FILE or docker-archive:FILE')
    .description('describe an image: base, buildpacks, processes, layers')
    .option('--remote', 'read it from its registry')
    .option('-o, --output <format>', 'human-readable or json', 'human-readable')
    .option('--insecure-registry <host>', 'a registry without TLS or with a certificate that is not checked (repeatable)', list)
    .action(action(run, async () => (await import('../commands/inspect.ts')).inspect))
    .addHelpText(
      'after',
      examples('tspack inspect myapp', 'tspack inspect registry.example.com/team/myapp:1.2 --remote --output json', 'tspack inspect oci:./layout'),
    );
}
