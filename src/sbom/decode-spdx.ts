import type { Component, ComponentHash } from './component.ts';
import { list, member, text } from './loose-json.ts';

const ALGORITHMS: Readonly<Record<string, ComponentHash['algorithm']>> = { SHA1: 'SHA-1', SHA256: 'SHA-256', SHA512: 'SHA-512' };
const NOTHING = ['NONE', 'NOASSERTION'];

/** Packages of an SPDX 2 document; those that the document describes are what the others are parts of, and left out. */
export function decodeSpdx(document: unknown): readonly Component[] {
  const relationships = list(member(document, 'relationships')).map((entry) => ({
    from: text(member(entry, 'spdxElementId')),
    type: text(member(entry, 'relationshipType')),
    to: text(member(entry, 'relatedSpdxElement')),
  }));
  const described = new Set<unknown>([
    ...list(member(document, 'documentDescribes')),
    ...relationships.filter(({ from, type }) => from === 'SPDXRef-DOCUMENT' && type === 'DESCRIBES').map(({ to }) => to),
  ]);
  const own = new Map(
    list(member(document, 'hasExtractedLicensingInfos')).map((entry) => [
      text(member(entry, 'licenseId')),
      text(member(entry, 'name')) ?? text(member(entry, 'extractedText')),
    ]),
  );
  const licence = (entry: unknown) => {
    const declared = [member(entry, 'licenseDeclared'), member(entry, 'licenseConcluded')]
      .map(text)
      .find((value) => value !== undefined && !NOTHING.includes(value));
    return declared === undefined ? [] : [own.get(declared) ?? declared];
  };
  return list(member(document, 'packages')).flatMap((entry) => {
    const [name, id] = [text(member(entry, 'name')), text(member(entry, 'SPDXID'))];
    if (name === undefined || id === undefined || described.has(id)) return [];
    const purl = list(member(entry, 'externalRefs')).find((reference) => member(reference, 'referenceType') === 'purl');
    const needs = relationships.flatMap(({ from, type, to }) => {
      if (type === 'DEPENDS_ON' && from === id) return to ?? [];
      return type === 'DEPENDENCY_OF' && to === id ? (from ?? []) : [];
    });
    const locator = text(member(purl, 'referenceLocator'));
    const homepage = text(member(entry, 'homepage'));
    return [
      {
        type: 'library',
        name,
        version: text(member(entry, 'versionInfo')) ?? '',
        id,
        ...(locator === undefined ? {} : { purl: locator }),
        ...(homepage === undefined || NOTHING.includes(homepage) ? {} : { homepage }),
        licences: licence(entry),
        hashes: list(member(entry, 'checksums')).flatMap((checksum) => {
          const algorithm = ALGORITHMS[text(member(checksum, 'algorithm')) ?? ''];
          const hex = text(member(checksum, 'checksumValue'));
          return algorithm === undefined || hex === undefined ? [] : [{ algorithm, hex: hex.toLowerCase() }];
        }),
        dependsOn: needs,
      },
    ];
  });
}
