import { resolve } from 'node:path';
import type { NewModuleOptions } from '../../index.ts';
import type { CommandFunction } from '../command.ts';
import { visible } from '../render/untrusted.ts';

interface NewFlags {
  readonly api: string;
  readonly path?: string;
  readonly version: string;
  readonly targets?: readonly string[];
}

/** `tspack buildpack new` and `tspack extension new`. */
export const newModule =
  (kind: NewModuleOptions['kind']): CommandFunction<[string], NewFlags> =>
  async ([id], flags, context) => {
    const library = await context.openLibrary();
    const path = resolve(context.workingDirectory, flags.path ?? id.slice(id.lastIndexOf('/') + 1));
    const files = library.newModule({ kind, id, version: flags.version, api: flags.api, path, targets: flags.targets ?? [] });
    if (!context.display.quiet) {
      for (const file of files) context.stderr.write(`    create  ${file}\n`);
      context.stderr.write(`Successfully created ${visible(id)}\n`);
    }
    context.stdout.write(`${path}\n`);
    return 0;
  };
