import { resolve } from 'node:path';
import type { NewModuleOptions } from '../../index.ts';
import type { CommandFunction } from '../command.ts';
import { createDisplay } from '../render/display.ts';
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
    createDisplay(context, context.display).result({ path, files }, () =>
      [...files.map((file) => `    create  ${file}`), `Successfully created ${visible(id)}`].join('\n'),
    );
    context.stdout.write(`${path}\n`);
    return 0;
  };
