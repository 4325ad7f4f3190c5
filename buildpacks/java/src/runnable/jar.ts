import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { isFolder, openZip, TspackError } from '../../../../src/sdk/index.ts';

/** The main attributes of a manifest (JAR File Specification, "JAR Manifest"). */
export type Manifest = Readonly<Record<string, string | undefined>>;

/** The manifest of a jar or of its unpacked content; undefined when there is none, or the file is no archive. */
export function readManifest(path: string): Manifest | undefined {
  const text = readJarText(path, 'META-INF/MANIFEST.MF');
  return text === undefined ? undefined : parseManifest(text);
}

/** Reads the main section: continued lines begin with a space. */
export function parseManifest(text: string): Manifest {
  const [main = ''] = text.replace(/\r\n?/g, '\n').replace(/\n /g, '').split('\n\n');
  return Object.fromEntries(
    main.split('\n').flatMap((line) => {
      const match = /^([A-Za-z0-9][A-Za-z0-9_-]*): ?(.*)$/.exec(line);
      return match === null ? [] : [[match[1]!, match[2]!.trim()] as const];
    }),
  );
}

/** A text file of a jar or of its unpacked content; undefined when there is none. */
export function readJarText(path: string, entry: string): string | undefined {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat?.isDirectory() === true) {
    const file = join(path, entry);
    return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
  }
  if (stat === undefined) return undefined;
  try {
    using zip = openZip(path);
    const found = zip.find(entry);
    return found === undefined ? undefined : zip.read(found).toString('utf8');
  } catch (error) {
    if (error instanceof TspackError) return undefined;
    throw error;
  }
}

/** Whether a jar, or a folder, has the entry. */
export function hasJarEntry(path: string, entry: string): boolean {
  if (isFolder(path)) return existsSync(join(path, entry));
  using zip = openZip(path);
  return zip.find(entry) !== undefined || zip.entries.some((one) => one.path.startsWith(`${entry}/`));
}
