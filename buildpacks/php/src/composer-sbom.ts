import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Component } from '../../../src/sdk/index.ts';

interface InstalledPackage {
  readonly name?: string;
  readonly version?: string;
  readonly description?: string;
  readonly homepage?: string;
  readonly license?: readonly string[];
  readonly dist?: { readonly shasum?: string };
  readonly require?: Readonly<Record<string, string>>;
}

/** What Composer says that it has installed (`vendor/composer/installed.json`), with the edges between packages. */
export function describePackages(applicationDirectory: string): readonly Component[] {
  const file = join(applicationDirectory, 'vendor/composer/installed.json');
  if (!existsSync(file)) return [];
  const { packages = [] } = JSON.parse(readFileSync(file, 'utf8')) as { packages?: readonly InstalledPackage[] };
  const named = packages.filter((each): each is InstalledPackage & { name: string; version: string } => each.name !== undefined && each.version !== undefined);
  const purls = new Map(named.map(({ name, version }) => [name, `pkg:composer/${name}@${encodeURIComponent(version.replace(/^v(?=\d)/, ''))}`]));
  return named.map(({ name, version, description, homepage, license, dist, require }) => ({
    type: 'library',
    name,
    version,
    purl: purls.get(name)!,
    ...(description === undefined || description === '' ? {} : { description }),
    ...(homepage === undefined || homepage === '' ? {} : { homepage }),
    licences: license ?? [],
    hashes: /^[0-9a-f]{40}$/.test(dist?.shasum ?? '') ? [{ algorithm: 'SHA-1', hex: dist!.shasum! }] : [],
    locations: [join(applicationDirectory, 'vendor', name)],
    dependsOn: Object.keys(require ?? {}).flatMap((other) => purls.get(other.toLowerCase()) ?? []),
  }));
}
