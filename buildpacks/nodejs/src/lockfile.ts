import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { digestOf, parseJsonFile } from '../../../src/sdk/index.ts';
import { lockfileInvalid, lockfileOutOfStep } from './errors.ts';
import { isTable, type Manifest } from './manifest.ts';

/** One entry of a lockfile's `packages` (npm's package-lock.json, lockfileVersion 2 and 3). */
export interface LockedPackage {
  readonly version: string | undefined;
  readonly integrity: string | undefined;
  readonly license: string | undefined;
  readonly link: boolean;
  readonly dev: boolean;
  /** Names of what it needs, optional ones included. */
  readonly needs: readonly string[];
}

/** package-lock.json or npm-shrinkwrap.json. */
export interface Lockfile {
  readonly file: string;
  readonly digest: string;
  /** By path, such as `node_modules/express`; empty for lockfileVersion 1, which does not have it. */
  readonly packages: ReadonlyMap<string, LockedPackage>;
  /** What the root package asked for when the lockfile was made; undefined for lockfileVersion 1. */
  readonly root: Readonly<Record<string, unknown>> | undefined;
}

/** npm prefers the first. */
export const LOCKFILES = ['npm-shrinkwrap.json', 'package-lock.json'] as const;

/** The application's lockfile; undefined when there is none. Throws `JSON_INVALID` and `NODE_LOCKFILE_INVALID`. */
export function readLockfile(directory: string): Lockfile | undefined {
  const file = LOCKFILES.find((name) => existsSync(join(directory, name)));
  if (file === undefined) return undefined;
  if (!statSync(join(directory, file)).isFile()) throw lockfileInvalid(file, 'it is not a file');
  return parseLockfile(readFileSync(join(directory, file), 'utf8'), file);
}

/** Reads the text of a lockfile, or of the hidden one that npm leaves in node_modules. */
export function parseLockfile(text: string, file: string): Lockfile {
  const value = parseJsonFile(text, file, `Run \`npm install --package-lock-only\` and commit ${file}.`);
  if (!isTable(value)) throw lockfileInvalid(file, 'want one JSON object');
  const { lockfileVersion, packages } = value;
  if (typeof lockfileVersion !== 'number' || ![1, 2, 3].includes(lockfileVersion))
    throw lockfileInvalid(file, `its lockfileVersion is ${JSON.stringify(lockfileVersion)}, want 1, 2 or 3`);
  if (lockfileVersion > 1 && !isTable(packages)) throw lockfileInvalid(file, 'it has no "packages"');
  const table = isTable(packages) ? packages : {};
  const root = table[''];
  return {
    file,
    digest: digestOf(text),
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
export function requireInStep(manifest: Manifest, lockfile: Lockfile): void {
  if (lockfile.root === undefined || manifest.hasWorkspaces) return; // npm itself compares those
  const differences: string[] = [];
  const recorded = COMPARED.map((kind) => lockfile.root?.[kind]);
  const lockedRanges: Record<string, unknown> = Object.assign({}, ...recorded.filter(isTable)) as Record<string, unknown>;
  const wantedRanges: Record<string, string> = Object.assign({}, ...COMPARED.map((kind) => manifest[kind])) as Record<string, string>;
  for (const [name, range] of Object.entries(wantedRanges)) {
    const locked = lockedRanges[name];
    if (locked === undefined) differences.push(`${name} is missing in ${lockfile.file}`);
    else if (locked !== range) differences.push(`${name} is "${range}" in package.json and "${String(locked)}" in ${lockfile.file}`);
  }
  for (const name of Object.keys(lockedRanges)) {
    if (wantedRanges[name] === undefined) differences.push(`${name} is only in ${lockfile.file}`);
  }
  if (differences.length > 0) throw lockfileOutOfStep(lockfile.file, differences);
}
