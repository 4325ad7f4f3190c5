import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Component } from '../../../src/sdk/index.ts';
import { evaluateMarker, type MarkerEnvironment } from './markers.ts';
import { parseRequirement, type Requirement } from './requirement.ts';
import { normalizeName } from './specifiers.ts';

/** A distribution as its METADATA tells (core metadata specification). */
export interface Distribution {
  readonly name: string;
  readonly version: string;
  readonly summary: string | undefined;
  readonly homepage: string | undefined;
  readonly licences: readonly string[];
  readonly requires: readonly Requirement[];
  /** The METADATA file. */
  readonly file: string;
}

/** The distributions in a site-packages folder, in name order. */
export function readDistributions(sitePackages: string): readonly Distribution[] {
  if (!existsSync(sitePackages)) return [];
  return readdirSync(sitePackages)
    .filter((name) => name.endsWith('.dist-info'))
    .sort()
    .map((name) => join(sitePackages, name, 'METADATA'))
    .filter((file) => existsSync(file))
    .map((file) => parseMetadata(readFileSync(file, 'utf8'), file));
}

/** Reads the text of a METADATA file: header fields, of which some come several times; the description after them is not looked at. */
export function parseMetadata(text: string, file: string): Distribution {
  const header = text.replaceAll('\r\n', '\n').split('\n\n', 1)[0]!;
  const fields = header
    .replace(/\n[ \t]+/g, ' ')
    .split('\n')
    .map((line) => /^([A-Za-z-]+):\s*(.*)$/.exec(line))
    .filter((match) => match !== null)
    .map(([, name, value]) => ({ name: name!.toLowerCase(), value: value!.trim() }));
  const all = (name: string) => fields.filter((field) => field.name === name).map(({ value }) => value);
  const one = (name: string) => all(name).find((value) => value !== '' && value !== 'UNKNOWN');
  return {
    name: one('name') ?? '',
    version: one('version') ?? '0',
    summary: one('summary'),
    homepage: homepage(one('home-page'), all('project-url')),
    licences: licences(one('license-expression'), one('license'), all('classifier')),
    requires: all('requires-dist').flatMap((value) => parseRequirement(value) ?? []),
    file,
  };
}

function homepage(declared: string | undefined, urls: readonly string[]): string | undefined {
  const labelled = urls.map((url) => url.split(/,\s*/, 2) as [string, string | undefined]);
  const preferred = ['homepage', 'home', 'source', 'repository', 'documentation'].flatMap(
    (label) => labelled.find(([name]) => name.toLowerCase() === label)?.[1] ?? [],
  );
  const address = declared ?? preferred[0] ?? labelled[0]?.[1];
  return address !== undefined && URL.canParse(address) ? new URL(address).href : undefined;
}

/** An expression where there is one; else the classifiers, because `License` may hold the whole text of a licence. */
function licences(expression: string | undefined, text: string | undefined, classifiers: readonly string[]): readonly string[] {
  if (expression !== undefined) return [expression];
  const short = text !== undefined && text.length <= 80 ? [text] : [];
  if (short.length > 0) return short;
  return classifiers.filter((classifier) => classifier.startsWith('License :: ')).map((classifier) => classifier.split(' :: ').at(-1)!);
}

/** The package URL of a distribution (purl-spec, type pypi). */
export function packageUrl(name: string, version: string): string {
  return `pkg:pypi/${normalizeName(name)}@${encodeURIComponent(version)}`;
}

/** Components of the distributions; `hashes` are of the archives that they came from, by normalised name. */
export function describeDistributions(
  distributions: readonly Distribution[],
  environment: MarkerEnvironment,
  hashes: Readonly<Record<string, string>>,
): readonly Component[] {
  const urls = new Map(distributions.map(({ name, version }) => [normalizeName(name), packageUrl(name, version)]));
  return distributions.map(({ name, version, summary, homepage: page, licences: declared, requires, file }) => {
    const hash = hashes[normalizeName(name)];
    return {
      type: 'library',
      name: normalizeName(name),
      version,
      purl: packageUrl(name, version),
      ...(summary === undefined ? {} : { description: summary }),
      ...(page === undefined ? {} : { homepage: page }),
      licences: declared,
      hashes: hash === undefined ? [] : [{ algorithm: 'SHA-256', hex: hash }],
      locations: [file],
      dependsOn: requires
        .filter(({ marker }) => marker === undefined || mayHold(marker, environment))
        .flatMap((one) => urls.get(normalizeName(one.name)) ?? []),
    };
  });
}

/** Whether it holds in this environment; an extra counts as asked for, because what it brings is only told of where it is installed. */
function mayHold(marker: NonNullable<Requirement['marker']>, environment: MarkerEnvironment): boolean {
  return evaluateMarker(marker, environment, extrasOf(marker)) || evaluateMarker(marker, environment);
}

function extrasOf(marker: NonNullable<Requirement['marker']>): readonly string[] {
  if (marker.kind !== 'compare') return [...extrasOf(marker.left), ...extrasOf(marker.right)];
  const { left, right } = marker;
  if (left.variable && left.value === 'extra') return [right.value];
  return right.variable && right.value === 'extra' ? [left.value] : [];
}
