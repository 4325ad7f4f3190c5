import { normalize } from 'node:path';
import { parseJsonFile, parseToml } from '../../../../src/sdk/index.ts';
import { lockInvalid, lockOutOfStep, pipfileInvalid } from '../errors.ts';
import { evaluateMarker, parseMarker, type MarkerEnvironment } from '../markers.ts';
import { formatRequirement } from '../requirement.ts';
import { isSpecifier, normalizeName, versionSatisfies } from '../specifiers.ts';
import { asText, asTexts, isTable, tableAt, type Table } from '../toml-values.ts';
import type { LocalProject, WantedPackages } from '../wanted-packages.ts';
import { sha256Of, wantedByLock, type LockedPackage } from './locked-package.ts';

const FILE = 'Pipfile.lock';

/** Reads a Pipfile.lock: its default packages for this environment. Throws `JSON_INVALID`, `PYTHON_LOCK_INVALID` and `PYTHON_LOCK_OUT_OF_STEP`. */
export function readPipfileLock(text: string, pipfile: string | undefined, environment: MarkerEnvironment): WantedPackages {
  const lock = parseJsonFile(text, FILE, 'Run `pipenv lock` and commit Pipfile.lock.');
  if (!isTable(lock) || !isTable(lock['default'])) throw lockInvalid(FILE, 'want an object with "default"', 'pipenv lock');
  const entries = Object.entries(lock['default']).filter((entry): entry is [string, Table] => isTable(entry[1]));
  if (pipfile !== undefined) requireInStep(parseToml(pipfile, 'Pipfile'), entries);
  const packages: LockedPackage[] = [];
  const projects: LocalProject[] = [];
  for (const [name, entry] of entries) {
    const marker = parseMarker(asText(entry['markers']) ?? '');
    if (marker !== undefined && !evaluateMarker(marker, environment)) continue;
    const place = placeOf(entry);
    if (place.directory !== undefined)
      projects.push({ directory: normalize(place.directory), extras: asTexts(entry['extras']), editable: entry['editable'] === true, source: FILE });
    else {
      const extras = asTexts(entry['extras']);
      packages.push({
        name: formatRequirement({ name, extras, specifier: '', url: undefined }),
        version: (asText(entry['version']) ?? '').replace(/^==/, ''),
        sha256: place.url?.startsWith('git+') === true ? [] : asTexts(entry['hashes']).flatMap(sha256Of),
        url: place.url,
      });
    }
  }
  return wantedByLock(FILE, packages, projects);
}

/** Reads a Pipfile without a lock. Throws `TOML_INVALID` and `PYTHON_MANIFEST_INVALID`. */
export function readPipfile(text: string): WantedPackages {
  const lines: string[] = [];
  const projects: LocalProject[] = [];
  for (const [name, value] of Object.entries(tableAt(parseToml(text, 'Pipfile'), 'packages'))) {
    const table: Table = typeof value === 'string' ? { version: value } : isTable(value) ? value : {};
    const place = placeOf(table);
    const extras = asTexts(table['extras']);
    if (place.directory !== undefined)
      projects.push({ directory: normalize(place.directory), extras, editable: table['editable'] === true, source: 'Pipfile' });
    else {
      const version = asText(table['version']) ?? '*';
      const specifier = version === '*' || place.url !== undefined ? '' : version;
      if (!isSpecifier(specifier)) throw pipfileInvalid(name, version);
      const line = formatRequirement({ name, extras, specifier, url: place.url });
      const marker = markerOf(table);
      lines.push(marker === undefined ? line : `${line} ; ${marker}`);
    }
  }
  return {
    source: 'Pipfile',
    steps: lines.length === 0 ? [] : [{ lines, options: [] }],
    projects,
    complete: false,
    pinned: false,
    content: JSON.stringify(lines),
  };
}

/** Markers may be written as `markers`, or one key each. */
function markerOf(table: Table): string | undefined {
  const parts = ['sys_platform', 'os_name', 'platform_machine', 'platform_system', 'python_version', 'python_full_version', 'implementation_name'].flatMap(
    (key) => (asText(table[key]) === undefined ? [] : [`${key} ${asText(table[key])!}`]),
  );
  const all = [...asTexts(table['markers']).map((marker) => `(${marker})`), ...parts];
  return all.length === 0 ? undefined : all.join(' and ');
}

function placeOf(entry: Table): { readonly url?: string; readonly directory?: string } {
  const git = asText(entry['git']);
  if (git !== undefined) {
    const folder = asText(entry['subdirectory']);
    const address = git.startsWith('git+') ? git : `git+${git}`;
    return { url: `${address}@${asText(entry['ref']) ?? 'HEAD'}${folder === undefined ? '' : `#subdirectory=${folder}`}` };
  }
  const path = asText(entry['path']) ?? asText(entry['file']);
  if (path === undefined) return {};
  if (path.includes('://')) return { url: path };
  return /\.(?:whl|zip|tar\.gz|tgz)$/.test(path) ? { url: `file:${path}` } : { directory: path };
}

function requireInStep(pipfile: Table, entries: readonly (readonly [string, Table])[]): void {
  const locked = new Map(entries.map(([name, entry]) => [normalizeName(name), (asText(entry['version']) ?? '').replace(/^==/, '')]));
  const problems = Object.entries(tableAt(pipfile, 'packages')).flatMap(([name, value]) => {
    const version = locked.get(normalizeName(name));
    const wanted = typeof value === 'string' ? value : isTable(value) ? (asText(value['version']) ?? '*') : '*';
    const fits = version !== undefined && (version === '' || wanted === '*' || versionSatisfies(version, wanted));
    return fits ? [] : [`${name} ${wanted}`];
  });
  if (problems.length > 0) throw lockOutOfStep(FILE, 'Pipfile', `the lock has no ${problems.join(', no ')}`, 'pipenv lock');
}
