import { Argument } from 'commander';
import type { Command } from 'commander';
import { action, examples, list } from './action.ts';
import type { Run } from './action.ts';

/** `tspack deploy <system>`. */
export function addDeploy(program: Command, run: Run): void {
  program
    .command('deploy')
    .addArgument(new Argument('<system>', 'what builds run on in the cluster').choices(['tekton', 'shipwright']))
    .description('print the manifests that let a Kubernetes cluster build with tspack')
    .requiredOption('-B, --builder <image>', 'the builder image, as "tspack builder publish" names it')
    .option('--namespaced', 'a BuildStrategy of one namespace in the place of a ClusterBuildStrategy')
    .option('--insecure-registry <host>', 'a registry without TLS or with a certificate that is not checked (repeatable)', list)
    .action(action(run, async () => (await import('../commands/deploy.ts')).deploy))
    .addHelpText(
      'after',
      examples(
        'tspack deploy tekton --builder registry.example.com/tspack:builder-base | kubectl apply -f -',
        'tspack deploy shipwright --builder registry.example.com/tspack:builder-base --namespaced > strategy.yaml',
      ),
    );
}
