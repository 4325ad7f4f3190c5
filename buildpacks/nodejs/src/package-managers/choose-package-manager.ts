import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { majorVersion } from '../../../../src/sdk/index.ts';
import { managerUnsupported } from '../errors.ts';
import type { Manifest } from '../manifest.ts';
import { npmKind } from './npm/npm.ts';
import type { PackageManagerKind, VersionRequest } from './package-manager.ts';
import { pnpmKind } from './pnpm/pnpm.ts';
import { berryKind } from './yarn-berry/yarn-berry.ts';
import { yarnKind } from './yarn/yarn.ts';

/** The package manager that counts, and who says so. */
export interface ManagerChoice {
  readonly kind: PackageManagerKind;
  readonly request: VersionRequest | undefined;
  readonly reason: string;
  /** Lockfiles of others that are there too. */
  readonly ignored: readonly string[];
}

const BUN_LOCKFILES = ['bun.lock', 'bun.lockb'];
const LOCKFILES = [...npmKind.lockfiles, 'pnpm-lock.yaml', 'yarn.lock', ...BUN_LOCKFILES];
const NAMES = ['npm', 'pnpm', 'yarn'] as const;
type Name = (typeof NAMES)[number];

/**
 * `packageManager` (corepack), `devEngines.packageManager`, then the lockfile that is there (npm's first), then npm. The version is that of
 * `packageManager`, `engines`, Volta or `devEngines`. Throws `NODE_PACKAGE_MANAGER_UNSUPPORTED`.
 */
export function choosePackageManager(directory: string, root: Manifest): ManagerChoice {
  const there = LOCKFILES.filter((file) => existsSync(join(directory, file)));
  const named = readPackageManager(root);
  const { name, reason } = named ?? nameFromFiles(root, there);
  const request = named?.request ?? findVersion(root, name);
  const kind = kindOf(name, request, directory);
  return { kind, request, reason, ignored: there.filter((file) => !kind.lockfiles.includes(file)) };
}

function readPackageManager({ packageManager }: Manifest): { readonly name: Name; readonly reason: string; readonly request: VersionRequest } | undefined {
  if (packageManager === undefined) return undefined;
  const source = 'package.json packageManager';
  const match = /^(@?[a-z/-]+)@([^+]+)(?:\+([a-z0-9]+)\.([0-9a-f]+))?/.exec(packageManager);
  const name = NAMES.find((candidate) => candidate === match?.[1]);
  if (match === null || name === undefined) throw managerUnsupported(packageManager, '"packageManager" in package.json');
  const [, , text, algorithm, hex] = match as unknown as [string, string, string, string | undefined, string | undefined];
  const request = { text, source, ...(algorithm === undefined || hex === undefined ? {} : { hash: { algorithm, hex } }) };
  return { name, reason: `"packageManager" in package.json is ${name}@${text}`, request };
}

function nameFromFiles(root: Manifest, there: readonly string[]): { readonly name: Name; readonly reason: string } {
  const engine = NAMES.find((name) => root.devEngines[name] !== undefined);
  if (engine !== undefined) return { name: engine, reason: '"devEngines" in package.json names it' };
  const [file] = there;
  if (file === undefined) return { name: 'npm', reason: 'there is no lockfile' };
  if (BUN_LOCKFILES.includes(file)) throw managerUnsupported('bun', file);
  return { name: file === 'yarn.lock' ? 'yarn' : file === 'pnpm-lock.yaml' ? 'pnpm' : 'npm', reason: `there is a ${file}` };
}

function findVersion(root: Manifest, name: string): VersionRequest | undefined {
  const candidates = [
    [root.engines[name], `package.json engines.${name}`],
    [root.volta[name], `package.json volta.${name}`],
    [root.devEngines[name], 'package.json devEngines.packageManager'],
  ] as const;
  const found = candidates.find(([text]) => text !== undefined && text !== '*');
  return found === undefined ? undefined : { text: found[0]!, source: found[1] };
}

/** Yarn 1 and its successors share a name and a lockfile, and little else. */
function kindOf(name: Name, request: VersionRequest | undefined, directory: string): PackageManagerKind {
  if (name === 'npm') return npmKind;
  if (name === 'pnpm') return pnpmKind;
  const exact = /^\D{0,2}(\d+)/.exec(request?.text ?? '')?.[1];
  const lockfile = join(directory, 'yarn.lock');
  if (existsSync(lockfile)) {
    const text = readFileSync(lockfile, 'utf8');
    if (text.includes('\n__metadata:')) return berryKind;
    if (text.includes('yarn lockfile v1')) return yarnKind;
  }
  if (existsSync(join(directory, '.yarnrc.yml'))) return berryKind;
  return exact !== undefined && majorVersion(`${exact}.0.0`) > 1 ? berryKind : yarnKind;
}
