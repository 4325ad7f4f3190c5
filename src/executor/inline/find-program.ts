import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';

/** The path of a program; its name when it is nowhere. */
export function findProgram(name: string, searchPath: string): string {
  for (const folder of [...searchPath.split(':'), '/usr/bin', '/bin']) {
    const file = join(folder === '' ? '.' : folder, name);
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {
      continue;
    }
  }
  return name;
}
