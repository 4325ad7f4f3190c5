import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { mainClassAmbiguous, mainClassMissing } from '../errors.ts';
import { readClassFile } from './class-file.ts';

/** The class to start: `BP_JAVA_MAIN_CLASS`, what the build says, or the only one with a main method. Throws `JAVA_MAIN_CLASS_MISSING` and `JAVA_MAIN_CLASS_AMBIGUOUS`. */
export function chooseMainClass(env: Readonly<Record<string, string>>, classes: string, shown: string, named: string | undefined): string {
  const set = env['BP_JAVA_MAIN_CLASS'] ?? named;
  if (set !== undefined && set !== '') return set;
  const found = findMainClasses(classes);
  if (found.length === 0) throw mainClassMissing(shown);
  if (found.length > 1) throw mainClassAmbiguous(shown, found);
  return found[0]!;
}

/** Names of the classes below a folder that have a main method. */
export function findMainClasses(directory: string): readonly string[] {
  return readdirSync(directory, { recursive: true })
    .map(String)
    .filter((name) => name.endsWith('.class') && !name.startsWith('META-INF'))
    .flatMap((name) => {
      const file = readClassFile(readFileSync(join(directory, name)));
      return file?.hasMain === true ? [file.name] : [];
    })
    .sort();
}
