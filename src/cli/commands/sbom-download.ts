import { resolve } from 'node:path';
import type { CommandFunction } from '../command.ts';
import { parseSbomFormats } from '../options/sbom-format.ts';
import { visible } from '../render/untrusted.ts';
import { usageError } from '../usage-error.ts';
import { withEvents } from './task.ts';

interface SbomDownloadFlags {
  readonly remote?: boolean;
  readonly outputDir: string;
  readonly merged?: boolean;
  readonly format?: readonly string[];
  readonly insecureRegistry?: readonly string[];
}

/** `tspack sbom download`: prints the files it has written. */
export const sbomDownload: CommandFunction<[string], SbomDownloadFlags> = async ([image], flags, context) => {
  const location = { image, remote: flags.remote ?? false, insecureRegistries: flags.insecureRegistry ?? [] };
  const directory = resolve(context.workingDirectory, flags.outputDir);
  if (flags.merged !== true && flags.format !== undefined) throw usageError('Cannot use --format without --merged');
  const formats = flags.merged === true ? parseSbomFormats(flags.format) : [];
  const files = await withEvents(context, (library, task) =>
    flags.merged === true ? library.downloadMergedSbom(location, { directory, formats }, task) : library.downloadSbom(location, directory, task),
  );
  for (const file of files) context.stdout.write(`${visible(file)}\n`);
  return 0;
};
