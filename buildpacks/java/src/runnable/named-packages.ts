import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openZip, TspackError } from '../../../../src/sdk/index.ts';
import { classTexts } from './class-file.ts';

/** Packages in names and signatures: `java/sql` of `(Ljava/sql/Connection;)V`. */
const IN_SIGNATURE = /(?:\w+\/)+(?=\w)/g;
/** Letters of other types may stand before a name, and always an L: `(ILjava/sql/Connection;)V`. */
const BEFORE_NAME = /^[BCDFIJSZV]*L/;
/** Names that are looked up while the program runs: `java.sql.Driver`. */
const DOTTED = /^[a-z]\w*(?:\.\w+)+$/;

/** Every package that the classes below the folders name, in files and in jars. */
export function namedPackages(directories: readonly string[]): ReadonlySet<string> {
  const found = new Set<string>();
  for (const directory of directories) {
    for (const bytes of classesBelow(directory)) {
      for (const text of classTexts(bytes)) {
        for (const [path] of text.matchAll(IN_SIGNATURE)) {
          found.add(path.slice(0, -1));
          found.add(path.slice(0, -1).replace(BEFORE_NAME, ''));
        }
        if (DOTTED.test(text)) found.add(text.slice(0, text.lastIndexOf('.')).replaceAll('.', '/'));
      }
    }
  }
  return found;
}

function* classesBelow(directory: string): Generator<Buffer> {
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) yield* classesBelow(path);
    else if (entry.name.endsWith('.class')) yield readFileSync(path);
    else if (entry.isFile() && entry.name.endsWith('.jar')) yield* classesOfJar(path);
  }
}

function* classesOfJar(path: string): Generator<Buffer> {
  try {
    using zip = openZip(path);
    for (const entry of zip.entries) if (entry.path.endsWith('.class')) yield zip.read(entry);
  } catch (error) {
    // A jar that is none cannot name anything.
    if (!(error instanceof TspackError)) throw error;
  }
}
