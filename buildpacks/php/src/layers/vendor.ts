import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { BuildContext } from '../../../../src/sdk/index.ts';
import type { ComposerFiles } from '../composer-files.ts';

/**
 * Puts `vendor` of the last build into the application, so that Composer has only the autoloader to write. `save` keeps what
 * Composer has made of it, unless it is the same.
 */
export async function restoreVendor(context: BuildContext, files: ComposerFiles): Promise<{ readonly save: () => Promise<void> }> {
  const vendor = join(context.applicationDirectory, 'vendor');
  // Packages that are part of the source are Composer's to judge.
  const isCommitted = existsSync(vendor);
  const { layer, status } = await context.layer({
    name: 'vendor',
    title: 'packages of Composer',
    types: { cache: true },
    inputs: [
      { name: 'composer.json and composer.lock', value: files.digest },
      { name: 'execution environment', value: context.execEnv, readable: true },
    ],
    create: () => ({}),
  });
  const kept = join(layer.path, 'vendor');
  if (status === 'reused' && !isCommitted && existsSync(kept)) await copy(context, kept, vendor);
  return {
    save: async () => {
      if (status === 'reused' && existsSync(kept)) return;
      rmSync(kept, { recursive: true, force: true });
      await copy(context, vendor, kept);
    },
  };
}

async function copy(context: BuildContext, from: string, to: string): Promise<void> {
  const env = { PATH: context.env['PATH'] ?? '/usr/bin:/bin' };
  const { exitCode, tail } = await context.run({
    command: ['cp', '-a', '--reflink=auto', from, to],
    cwd: '/',
    env,
    output: (text) => context.log.output(text),
  });
  if (exitCode !== 0) throw new Error(`cp ended with ${exitCode}: ${tail}`);
}
