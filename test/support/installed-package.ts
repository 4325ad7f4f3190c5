import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../src/foundation/index.ts';

/** What is installed from the package, where any user can read it: the repository may lie in a closed folder. */
export function installPackage(directory: string): string {
  for (const part of ['package.json', 'dist', 'builders', 'launcher/bin', 'root-tool/bin', 'node_modules/openpgp'])
    cpSync(join(packageRoot(), part), join(directory, part), { recursive: true, dereference: true });
  return directory;
}
