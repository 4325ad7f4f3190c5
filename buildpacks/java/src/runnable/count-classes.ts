import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { openZip, TspackError } from '../../../../src/sdk/index.ts';

/** How many classes lie below a folder, in files and in jars. A jar that cannot be read counts nothing. */
export function countClasses(directory: string): number {
  let count = 0;
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) count += countClasses(path);
    else if (entry.name.endsWith('.class')) count++;
    else if (entry.isFile() && /\.(?:jar|war)$/.test(entry.name)) count += countEntries(path);
  }
  return count;
}

function countEntries(path: string): number {
  try {
    using zip = openZip(path);
    return zip.entries.filter((entry) => entry.path.endsWith('.class')).length;
  } catch (error) {
    if (error instanceof TspackError) return 0;
    throw error;
  }
}
