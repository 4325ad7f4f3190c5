import type { Command } from 'commander';
import { action, examples, list } from './action.ts';
import type { Run } from './action.ts';

/** `tspack sbom ...`. */
export function addSbom(program: Command, run: Run): void {
  const sbom = program.command('sbom').description('read the bill of materials of an image').usage('<command> [options]').enablePositionalOptions();
  sbom
    .command('download')
    .argument('<image>', 'name, image ID, oci:DIR or docker:NAME')
    .description('write the bills of materials of an image below a folder')
    .option('--merged', 'one document of everything in the image instead: runtimes, packages, the run image')
    .option('--format <format>', 'with --merged: cyclonedx, spdx or syft (repeatable; all by default)', list)
    .option('--remote', 'read the image from its registry')
    .option('-o, --output-dir <dir>', 'the folder', '.')
    .option('--insecure-registry <host>', 'a registry without TLS or with a certificate that is not checked (repeatable)', list)
    .action(action(run, async () => (await import('../commands/sbom-download.ts')).sbomDownload))
    .addHelpText(
      'after',
      examples('tspack sbom download myapp', 'tspack sbom download myapp --output-dir sbom', 'tspack sbom download myapp --merged --format spdx'),
    );
}
