import type { Component } from './component.ts';

/** A Debian package as its lock, its control file and its copyright file describe it. */
export interface DebianPackageFacts {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  /** Of the `.deb`; undefined where nobody knows it. */
  readonly sha256: string | undefined;
  /** The distribution that the package is of, as os-release calls it: `debian` by default. */
  readonly distribution?: string;
  /** The release of Debian, such as `13`; undefined where it has none. */
  readonly release: string | undefined;
  /** The `Source` field: name, perhaps with a version in parentheses. */
  readonly source?: string | undefined;
  readonly homepage?: string | undefined;
  readonly description?: string | undefined;
  /** The text of `usr/share/doc/<name>/copyright`. */
  readonly copyright?: string | undefined;
  readonly locations?: readonly string[];
  /** Names of packages it depends on. */
  readonly dependsOn?: readonly string[];
}

/** The package URL of a Debian package (purl specification, type `deb`). */
export function debianPurl({
  name,
  version,
  architecture,
  release,
  source,
  distribution = 'debian',
}: Pick<DebianPackageFacts, 'name' | 'version' | 'architecture' | 'release' | 'source' | 'distribution'>): string {
  const upstream = source?.split(' ')[0];
  const qualifiers = [
    `arch=${architecture}`,
    ...(release === undefined ? [] : [`distro=${distribution}-${release}`]),
    ...(upstream === undefined || upstream === '' || upstream === name ? [] : [`upstream=${encodeURIComponent(upstream)}`]),
  ];
  return `pkg:deb/${encodeURIComponent(distribution)}/${encodeURIComponent(name)}@${encodeURIComponent(version)}?${qualifiers.join('&')}`;
}

/** Components of packages that are installed together, with the edges among them. */
export function debianComponents(packages: readonly DebianPackageFacts[]): readonly Component[] {
  const purls = new Map(packages.map((each) => [each.name, debianPurl(each)]));
  return packages.map((each) => ({
    type: 'library',
    name: each.name,
    version: each.version,
    purl: purls.get(each.name)!,
    ...(each.description === undefined ? {} : { description: each.description }),
    ...(each.homepage === undefined ? {} : { homepage: each.homepage }),
    licences: debianLicences(each.copyright ?? ''),
    hashes: each.sha256 === undefined ? [] : [{ algorithm: 'SHA-256', hex: each.sha256 }],
    ...(each.locations === undefined ? {} : { locations: each.locations }),
    dependsOn: (each.dependsOn ?? []).flatMap((name) => purls.get(name) ?? []),
  }));
}

/** Debian's short names of licences that SPDX calls otherwise; those with a version are read by rule. */
const SPDX_NAMES: Readonly<Record<string, string>> = {
  expat: 'MIT',
  mit: 'MIT',
  'bsd-2-clause': 'BSD-2-Clause',
  'bsd-3-clause': 'BSD-3-Clause',
  'bsd-4-clause': 'BSD-4-Clause',
  isc: 'ISC',
  zlib: 'Zlib',
  'apache-2.0': 'Apache-2.0',
  'apache-2': 'Apache-2.0',
  'mpl-2.0': 'MPL-2.0',
  'mpl-1.1': 'MPL-1.1',
  'psf-2': 'PSF-2.0',
  'cc0-1.0': 'CC0-1.0',
  'boost-1.0': 'BSL-1.0',
  ofl: 'OFL-1.1',
  'ofl-1.1': 'OFL-1.1',
};

/**
 * The licences that a copyright file names, sorted: the `License` fields of a machine-readable one, else the files of
 * `/usr/share/common-licenses` that it refers to. SPDX identifiers where Debian's short name has one.
 */
export function debianLicences(copyright: string): readonly string[] {
  const isMachineReadable = /^Format(-Specification)?:/m.test(copyright.slice(0, 500));
  const names = isMachineReadable
    ? [...copyright.matchAll(/^License:[ \t]*(\S[^\n]*)$/gm)].flatMap(([, text]) => text!.split(/\s+(?:and\/or|and|or)\s+|,\s*/))
    : [...copyright.matchAll(/\/usr\/share\/common-licenses\/([A-Za-z0-9.-]*[A-Za-z0-9])/g)].map(([, name]) => name!);
  return [...new Set(names.map((name) => spdxName(name.trim())).filter((name) => name !== ''))].sort();
}

function spdxName(name: string): string {
  const gnu = /^(A?GPL|LGPL|GFDL)-?(\d(?:\.\d)?)(?:\.0)?(\+|-or-later|-only)?$/i.exec(name);
  if (gnu !== null) {
    const [, family, version, suffix] = gnu;
    const full = version!.includes('.') ? version! : `${version!}.0`;
    return `${family!.toUpperCase()}-${full}-${suffix === '+' || suffix === '-or-later' ? 'or-later' : 'only'}`;
  }
  return SPDX_NAMES[name.toLowerCase()] ?? name;
}
