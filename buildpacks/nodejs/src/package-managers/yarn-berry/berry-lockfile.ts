import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Component } from '../../../../../src/sdk/index.ts';
import { lockfileInvalid } from '../../errors.ts';
import { isTable } from '../../manifest.ts';
import { packageUrl, type InstalledPackage, type KnownPackage } from '../../package-sbom.ts';
import { parseYamlFile } from '../../yaml-file.ts';

/** The format of a yarn.lock of Yarn 2 and later: 4 (Yarn 2), 6 (Yarn 3), 8 and more (Yarn 4). */
export function berryLockfileVersion(text: string): number | undefined {
  const version = /^__metadata:\n(?: {2}.*\n)*? {2}version: (\d+)/m.exec(text)?.[1];
  return version === undefined ? undefined : Number(version);
}

/** Tells what is wrong without reading all of it. Throws `NODE_LOCKFILE_INVALID`. */
export function checkBerryLockfile(text: string, file: string): void {
  const merge = text.split('\n').findIndex((line) => /^(?:<<<<<<<|>>>>>>>)/.test(line));
  if (merge !== -1) throw lockfileInvalid(`${file}:${merge + 1}`, 'there is an unresolved merge', 'yarn install');
  if (text.trim() !== '' && berryLockfileVersion(text) === undefined) throw lockfileInvalid(file, 'it has no version in "__metadata"', 'yarn install');
}

interface LockedEntry {
  readonly name: string;
  readonly version: string;
  /** Ranges of what it needs, as keys of other entries. */
  readonly needs: readonly string[];
}

/** Entries for packages of a registry, by each `name@npm:range` that they stand for. */
async function readEntries(text: string): Promise<ReadonlyMap<string, LockedEntry>> {
  const root = await parseYamlFile(text, 'yarn.lock', 'Run `yarn install` and commit yarn.lock.');
  const entries = new Map<string, LockedEntry>();
  for (const [keys, entry] of Object.entries(isTable(root) ? root : {})) {
    if (!isTable(entry) || typeof entry['version'] !== 'string' || typeof entry['resolution'] !== 'string') continue;
    const name = entry['resolution'].slice(0, entry['resolution'].indexOf('@', 1));
    if (!entry['resolution'].startsWith(`${name}@npm:`) && !entry['resolution'].startsWith(`${name}@patch:`)) continue;
    const dependencies = isTable(entry['dependencies']) ? entry['dependencies'] : {};
    const needs = Object.entries(dependencies).flatMap(([needed, range]) =>
      typeof range === 'string' ? [`${needed}@${range.includes(':') ? range : `npm:${range}`}`] : [],
    );
    for (const key of keys.split(', ')) entries.set(key, { name, version: entry['version'], needs });
  }
  return entries;
}

/** What the lockfile knows of installed packages: no digests, because Yarn's are those of its own archives. */
export async function knownToBerry(text: string): Promise<(found: InstalledPackage) => KnownPackage | undefined> {
  const byName = new Map([...(await readEntries(text)).values()].map((entry) => [`${entry.name}@${entry.version}`, entry]));
  return ({ name, version }) => {
    const entry = byName.get(`${name}@${version}`);
    return entry === undefined ? undefined : { version, integrity: undefined, license: undefined, needs: undefined };
  };
}

/** Components of the packages whose archives are in a folder. */
export async function describeArchives(text: string, directory: string): Promise<readonly Component[]> {
  const entries = await readEntries(text);
  const archives = existsSync(directory) ? readdirSync(directory) : [];
  const packages = new Map([...entries.values()].map((entry) => [`${entry.name}@${entry.version}`, entry]));
  return [...packages.values()].flatMap(({ name, version, needs }) => {
    // `@koa-router-npm-12.0.1-0123456789-10.zip`
    const archive = archives.find(
      (file) => file.startsWith(`${name.replace('/', '-')}-npm-${version}-`) || file.startsWith(`${name.replace('/', '-')}-patch-`),
    );
    if (archive === undefined) return [];
    const dependsOn = needs.flatMap((key) => {
      const entry = entries.get(key);
      return entry === undefined ? [] : [packageUrl(entry.name, entry.version)];
    });
    const component: Component = {
      type: 'library',
      name,
      version,
      purl: packageUrl(name, version),
      licences: [],
      hashes: [],
      locations: [join(directory, archive)],
      dependsOn,
    };
    return [component];
  });
}
