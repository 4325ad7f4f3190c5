import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { BuildContext } from '../../../../src/sdk/index.ts';
import { toolFailed } from '../errors.ts';
import { emptyApplication, removeSources } from './procfile-layout.ts';

/**
 * Makes the application directory hold what was built. Sources go.
 *
 * @param modules With a Procfile: folders of modules, whose sources alone go; everything else stays for its lines.
 */
export async function placeApplication(context: BuildContext, files: string, modules: readonly string[] | undefined): Promise<void> {
  const { applicationDirectory, env } = context;
  if (modules === undefined) emptyApplication(applicationDirectory, env['BP_INCLUDE_FILES']);
  else removeSources(applicationDirectory, modules);
  const entries = readdirSync(files).map((name) => join(files, name));
  if (entries.length === 0) return;
  const result = await context.run({
    // Not the folder as a whole: in a cluster the application directory is a volume, whose times only its owner may set.
    command: ['cp', '-a', '--reflink=auto', '--target-directory', applicationDirectory, '--', ...entries],
    cwd: '/',
    env: { PATH: env['PATH'] ?? '/usr/bin:/bin' },
    output: (text) => context.log.output(text),
  });
  if (result.exitCode !== 0) throw toolFailed('put the application in place', `${result.exitCode ?? result.signal ?? 'a signal'}`);
}
