import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomic } from '../foundation/index.ts';

/** Whose layers a layer cache holds. */
export interface CachedApplication {
  /** Full name of the image without its tag, or the name of a volume. */
  readonly name: string;
  readonly kind: 'image' | 'volume';
  readonly builder?: string;
  /** `linux/amd64`. */
  readonly target: string;
}

const FILE = 'application.json';

/** Writes down whose layers a folder of `cache/layers` holds; its name is only a digest. */
export function writeCachedApplication(directory: string, application: CachedApplication): void {
  const path = join(directory, FILE);
  const text = `${JSON.stringify(application)}\n`;
  if (!existsSync(path) || readFileSync(path, 'utf8') !== text) writeFileAtomic(path, text);
}

/** undefined where nobody has written it down. */
export function readCachedApplication(directory: string): CachedApplication | undefined {
  try {
    return JSON.parse(readFileSync(join(directory, FILE), 'utf8')) as CachedApplication;
  } catch {
    return undefined;
  }
}
