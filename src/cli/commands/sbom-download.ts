import { resolve } from 'node:path';
import type { CommandFunction } from '../command.ts';
import { visible } from '../render/untrusted.ts';
import { withEvents } from './task.ts';

interface SbomDownloadFlags {
  readonly remote?: boolean;
  readonly outputDir: string;
  readonly insecureRegistry?: readonly string[];
}

/** `tspack sbom download`: prints the files it has written. */
export const sbomDownload: CommandFunction<[string], SbomDownloadFlags> = async ([image], flags, context) => {
  const location = { image, remote: flags.remote ?? false, insecureRegistries: flags.insecureRegistry ?? [] };
  const files = await withEvents(context, (library, task) => library.downloadSbom(location, resolve(context.workingDirectory, flags.outputDir), task));
  for (const file of files) context.stdout.write(`${visible(file)}\n`);
  return 0;
};
