import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseJsonFile } from '../../../../../src/sdk/index.ts';
import { lockfileInvalid, lockfileOutOfStep } from '../../errors.ts';
import { isTable, type Manifest } from '../../manifest.ts';
import type { KnownPackage } from '../../package-sbom.ts';

/** One entry of a lockfile's `packages` (npm's package-lock.json, lockfileVersion 2 and 3). */
export interface LockedPackage extends KnownPackage {
  readonly link: boolean;
  readonly dev: boolean;
}

/** package-lock.json or npm-shrinkwrap.json. */
export interface NpmLockfile {
  /** By path, such as `node_modules/express`; empty for lockfileVersion 1, which does not have it. */
  readonly packages: ReadonlyMap<string, LockedPackage>;
  /** What the root package asked for when the lockfile was made; undefined for lockfileVersion 1. */
  readonly root: Readonly<Record<string, unknown>> | undefined;
}

/** Reads the text of a lockfile, or of the hidden one that npm leaves in node_modules. */
export function parseLockfile(text: string, file: string): NpmLockfile {
  const value = parseJsonFile(text, file, `Run \`npm install --package-lock-only\` and commit ${file}.`);
  if (!isTable(value)) throw lockfileInvalid(file, 'want one JSON object');
  const { lockfileVersion, packages } = value;
  if (typeof lockfileVersion !== 'number' || ![1, 2, 3].includes(lockfileVersion))
    throw lockfileInvalid(file, `its lockfileVersion is ${JSON.stringify(lockfileVersion)}, want 1, 2 or 3`);
  if (lockfileVersion > 1 && !isTable(packages)) throw lockfileInvalid(file, 'it has no "packages"');
  const table = isTable(packages) ? packages : {};
  const root = table[''];
  return {
    packages: new Map(Object.entries(table).flatMap(([path, entry]) => (path !== '' && isTable(entry) ? [[path, readPackage(entry)] as const] : []))),
    root: isTable(root) ? root : undefined,
  };
}

function readPackage(entry: Readonly<Record<string, unknown>>): LockedPackage {
  const text = (value: unknown) => (typeof value === 'string' ? value : undefined);
  const names = (value: unknown) => (isTable(value) ? Object.keys(value) : []);
  return {
    version: text(entry['version']),
    integrity: text(entry['integrity']),
    license: text(entry['license']),
    link: entry['link'] === true,
    dev: entry['dev'] === true,
    needs: [...names(entry['dependencies']), ...names(entry['optionalDependencies']), ...names(entry['peerDependencies'])],
  };
}

const COMPARED = ['dependencies', 'devDependencies', 'optionalDependencies'] as const;

/** Compares what package.json asks for with what the lockfile was made for. Throws `NODE_LOCKFILE_OUT_OF_STEP`. */
export function requireInStep(manifest: Manifest, lockfile: NpmLockfile, file: string): void {
  if (lockfile.root === undefined) return;
  const differences: string[] = [];
  const recorded = COMPARED.map((kind) => lockfile.root?.[kind]);
  const lockedRanges: Record<string, unknown> = Object.assign({}, ...recorded.filter(isTable)) as Record<string, unknown>;
  const wantedRanges: Record<string, string> = Object.assign({}, ...COMPARED.map((kind) => manifest[kind])) as Record<string, string>;
  for (const [name, range] of Object.entries(wantedRanges)) {
    const locked = lockedRanges[name];
    if (locked === undefined) differences.push(`${name} is missing in ${file}`);
    else if (locked !== range) differences.push(`${name} is "${range}" in package.json and "${String(locked)}" in ${file}`);
  }
  for (const name of Object.keys(lockedRanges)) {
    if (wantedRanges[name] === undefined) differences.push(`${name} is only in ${file}`);
  }
  if (differences.length > 0) throw lockfileOutOfStep(file, differences);
}

/** What npm has written into node_modules about the packages there, by path; npm 6 writes nothing. */
export function readHiddenLockfile(directory: string): ReadonlyMap<string, LockedPackage> {
  const file = join(directory, 'node_modules/.package-lock.json');
  return existsSync(file) ? parseLockfile(readFileSync(file, 'utf8'), 'node_modules/.package-lock.json').packages : new Map();
}
