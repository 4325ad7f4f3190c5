import type { FileFacts } from './read-layer.ts';
import type { PackageDifference } from './api.ts';

/** Versions by `<ecosystem> <name>`. */
export type PackageVersions = ReadonlyMap<string, ReadonlySet<string>>;

/** Whether a file of an image lists packages: dpkg's status, or the bill of materials of a buildpack's layer. */
export function listsPackages(path: string): boolean {
  return isDpkgStatus(path) || isBill(path);
}

function isDpkgStatus(path: string): boolean {
  return path === 'var/lib/dpkg/status' || (/^var\/lib\/dpkg\/status\.d\/[^/]+$/.test(path) && !path.endsWith('.md5sums'));
}

function isBill(path: string): boolean {
  return /^layers\/sbom\/launch\/.*sbom\.cdx\.json$/.test(path);
}

/** The packages that the files of an image list. What cannot be read lists none. */
export function packagesOf(files: ReadonlyMap<string, FileFacts>): PackageVersions {
  const packages = new Map<string, Set<string>>();
  const add = (ecosystem: string, name: string, version: string) => {
    const key = `${ecosystem} ${name}`;
    packages.set(key, (packages.get(key) ?? new Set()).add(version));
  };
  for (const [path, { text }] of files) {
    if (text === undefined) continue;
    if (isDpkgStatus(path)) addDpkg(text, add);
    else addBill(text, add);
  }
  return packages;
}

type Add = (ecosystem: string, name: string, version: string) => void;

function addDpkg(text: string, add: Add): void {
  for (const paragraph of text.split(/\n\n+/)) {
    const field = (name: string) => new RegExp(`^${name}: *(.+)$`, 'm').exec(paragraph)?.[1]?.trim();
    const name = field('Package');
    const version = field('Version');
    const status = field('Status');
    if (name !== undefined && version !== undefined && (status === undefined || status.endsWith(' installed'))) add('deb', name, version);
  }
}

interface Component {
  readonly name?: unknown;
  readonly group?: unknown;
  readonly version?: unknown;
  readonly purl?: unknown;
}

function addBill(text: string, add: Add): void {
  let bill: { readonly components?: unknown };
  try {
    bill = JSON.parse(text) as typeof bill;
  } catch {
    return;
  }
  for (const { name, group, version, purl } of Array.isArray(bill.components) ? (bill.components as readonly Component[]) : []) {
    if (typeof name !== 'string' || typeof version !== 'string') continue;
    const ecosystem = typeof purl === 'string' ? (/^pkg:([^/]+)\//.exec(purl)?.[1] ?? 'generic') : 'generic';
    add(ecosystem, typeof group === 'string' && group !== '' ? `${group}/${name}` : name, version);
  }
}

/** Packages with other versions, by ecosystem and name. */
export function comparePackages(from: PackageVersions, to: PackageVersions): readonly PackageDifference[] {
  const keys = [...new Set([...from.keys(), ...to.keys()])].sort();
  return keys.flatMap((key) => {
    const versions = (packages: PackageVersions) => [...(packages.get(key) ?? [])].sort();
    const [before, after] = [versions(from), versions(to)];
    if (before.join('\n') === after.join('\n')) return [];
    const space = key.indexOf(' ');
    return [{ ecosystem: key.slice(0, space), name: key.slice(space + 1), from: before, to: after }];
  });
}
