import type { Component, ComponentHash, ComponentType } from './component.ts';
import { list, member, text } from './loose-json.ts';

const TYPES: readonly string[] = ['application', 'framework', 'library', 'operating-system', 'platform', 'file'] satisfies ComponentType[];
const ALGORITHMS: readonly unknown[] = ['SHA-1', 'SHA-256', 'SHA-512'] satisfies ComponentHash['algorithm'][];
/** Components may hold components; no deeper than a person would nest them. */
const MOST_LEVELS = 10;

/**
 * Components of a CycloneDX document, of any 1.x version. What they are parts of is one too when it is an application
 * of a known version that the document does not list: a layer or a folder is none.
 */
export function decodeCycloneDx(document: unknown): readonly Component[] {
  const edges = new Map(
    list(member(document, 'dependencies')).map((entry) => [
      text(member(entry, 'ref')),
      list(member(entry, 'dependsOn')).filter((id) => typeof id === 'string'),
    ]),
  );
  return withSubject(nested(member(document, 'components'), 0), member(member(document, 'metadata'), 'component')).flatMap((entry) => {
    const name = text(member(entry, 'name'));
    if (name === undefined) return [];
    const group = text(member(entry, 'group'));
    const id = text(member(entry, 'bom-ref')) ?? text(member(entry, 'purl'));
    const type = text(member(entry, 'type')) ?? '';
    return [
      {
        type: TYPES.includes(type) ? (type as ComponentType) : 'library',
        name: group === undefined ? name : `${group}/${name}`,
        version: text(member(entry, 'version')) ?? '',
        ...(id === undefined ? {} : { id, dependsOn: edges.get(id) ?? [] }),
        ...optional('purl', text(member(entry, 'purl'))),
        ...optional('description', text(member(entry, 'description'))),
        ...optional('homepage', homepageOf(entry)),
        licences: licencesOf(entry),
        hashes: hashesOf(entry),
        locations: list(member(member(entry, 'evidence'), 'occurrences')).flatMap((occurrence) => text(member(occurrence, 'location')) ?? []),
      },
    ];
  });
}

function withSubject(entries: readonly unknown[], subject: unknown): readonly unknown[] {
  const [name, version] = [text(member(subject, 'name')), text(member(subject, 'version'))];
  const isListed = entries.some((entry) => member(entry, 'name') === name && member(entry, 'version') === version);
  return member(subject, 'type') === 'application' && version !== undefined && !isListed ? [...entries, subject] : entries;
}

function nested(components: unknown, level: number): readonly unknown[] {
  if (level === MOST_LEVELS) return [];
  return list(components).flatMap((entry) => [entry, ...nested(member(entry, 'components'), level + 1)]);
}

function homepageOf(entry: unknown): string | undefined {
  return text(
    member(
      list(member(entry, 'externalReferences')).find((reference) => member(reference, 'type') === 'website'),
      'url',
    ),
  );
}

function licencesOf(entry: unknown): readonly string[] {
  return list(member(entry, 'licenses')).flatMap((choice) => {
    const licence = member(choice, 'license');
    return text(member(choice, 'expression')) ?? text(member(licence, 'id')) ?? text(member(licence, 'name')) ?? [];
  });
}

function hashesOf(entry: unknown): readonly ComponentHash[] {
  return list(member(entry, 'hashes')).flatMap((hash) => {
    const [algorithm, hex] = [member(hash, 'alg'), text(member(hash, 'content'))];
    return ALGORITHMS.includes(algorithm) && hex !== undefined && /^[0-9a-f]+$/i.test(hex)
      ? [{ algorithm: algorithm as ComponentHash['algorithm'], hex: hex.toLowerCase() }]
      : [];
  });
}

function optional<Name extends string>(name: Name, value: string | undefined): Partial<Record<Name, string>> {
  return value === undefined ? {} : ({ [name]: value } as Record<Name, string>);
}
