import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { nearestNames, type BuildContext } from '../../../src/sdk/index.ts';
import { architectureForeign, aptfileInvalid } from './errors.ts';

/** A package that somebody asks for. */
export interface WantedPackage {
  readonly name: string;
  /** As Debian's dependencies are written: `nginx`, `nginx (= 1.26.3-3)`. */
  readonly term: string;
  /** Who asks: `Aptfile:3`, `BP_APT_PACKAGES`. */
  readonly place: string;
}

const ENTRY = /^([a-z0-9][a-z0-9+.-]+)(?::([a-z0-9-]+))?(?:=(\S+))?$/;
const VERSION = /^(?:\d+:)?\d[A-Za-z0-9.+~:-]*$/;

/**
 * What `Aptfile` and `BP_APT_PACKAGES` ask for, each package once. Throws `APT_FILE_INVALID` and
 * `APT_ARCHITECTURE_FOREIGN`.
 */
export function readWantedPackages({
  applicationDirectory,
  env,
  target,
}: Pick<BuildContext, 'applicationDirectory' | 'env' | 'target'>): readonly WantedPackage[] {
  const file = join(applicationDirectory, 'Aptfile');
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
  const entries = lines.flatMap((line, index) => words(line.replace(/(^|\s)#.*$/, '')).map((text) => ({ text, place: `Aptfile:${index + 1}` })));
  entries.push(...words((env['BP_APT_PACKAGES'] ?? '').replaceAll(',', ' ')).map((text) => ({ text, place: 'BP_APT_PACKAGES' })));
  const wanted = new Map<string, WantedPackage>();
  for (const { text, place } of entries) {
    const found = parseEntry(text, place, target.architecture);
    if (!wanted.has(found.term)) wanted.set(found.term, found);
  }
  return [...wanted.values()];
}

function parseEntry(text: string, place: string, architecture: string): WantedPackage {
  if (/^:repo:|^deb$|^ppa:/.test(text)) throw aptfileInvalid(place, text, 'it adds an archive, and only the signed archives of Debian are used');
  if (/:\/\/|\.deb$/.test(text)) throw aptfileInvalid(place, text, 'it is an address, and nothing signs what is there');
  const match = ENTRY.exec(text);
  const [, name, wantedArchitecture, version] = match ?? [];
  if (name === undefined || (version !== undefined && !VERSION.test(version)))
    throw aptfileInvalid(place, text, `want a name, or name=version${/[A-Z]/.test(text) ? ', in lower case' : ''}`);
  if (wantedArchitecture !== undefined && ![architecture, 'any', 'native', 'all'].includes(wantedArchitecture))
    throw architectureForeign(place, text, architecture, nearestNames(wantedArchitecture, [architecture]).length > 0);
  return { name, term: version === undefined ? name : `${name} (= ${version})`, place };
}

function words(text: string): readonly string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}
