import type { Command } from 'commander';
import { action, examples, list } from './action.ts';
import type { Run } from './action.ts';

/** `tspack rebase`. */
export function addRebase(program: Command, run: Run): void {
  program
    .command('rebase')
    .argument('<image>', 'name, oci:DIR or docker:NAME')
    .description('put an image on a newer run image without building it again')
    .option('--run-image <image>', 'the run image: a name, oci:DIR or docker:NAME; default: the one that the image names')
    .option('--publish', 'rebase the image in the registry that its name says')
    .option('--previous-image <image>', 'rebase this image instead, which stays as it is; the result gets the other name')
    .option('--force', 'rebase on a run image for another target or of an unknown name, or an image that forbids it')
    .option('--report-output-dir <dir>', 'a folder that gets report.toml')
    .option('--tekton-results [dir]', "a folder that gets Tekton's results IMAGE_DIGEST, IMAGE_URL and so on; without a value /tekton/results")
    .option('--insecure-registry <host>', 'a registry without TLS or with a certificate that is not checked (repeatable)', list)
    .action(action(run, async () => (await import('../commands/rebase.ts')).rebase))
    .addHelpText(
      'after',
      examples(
        'tspack rebase myapp',
        'tspack rebase registry.example.com/team/myapp:1.2 --publish',
        'tspack rebase myapp --run-image oci:./run',
        'tspack rebase team/app:2 --previous-image team/app:1',
      ),
    );
}
