import { componentId, normalizeComponents, type Component, type SbomDocument } from './component.ts';
import { rootIds } from './cyclonedx.ts';
import { parseLicence } from './licence.ts';
import { shortIdOf, uuidOf } from './stable-id.ts';

const PURPOSES = {
  application: 'APPLICATION',
  framework: 'FRAMEWORK',
  library: 'LIBRARY',
  'operating-system': 'OPERATING_SYSTEM',
  platform: 'FRAMEWORK',
  file: 'FILE',
} as const;

/** SPDX demands a creation time; a constant keeps equal contents equal. */
const CREATED = '1980-01-01T00:00:01Z';

/** The document as SPDX 2.3 JSON. The name space comes from the content and the creation time is constant. */
export function encodeSpdx(document: SbomDocument): string {
  const components = normalizeComponents(document.components);
  const extracted = new Map<string, string>();
  const subjectId = 'SPDXRef-Subject';
  const packages = [
    {
      SPDXID: subjectId,
      name: document.subject.name,
      ...(document.subject.version === undefined ? {} : { versionInfo: document.subject.version }),
      downloadLocation: 'NOASSERTION',
      filesAnalyzed: false,
      licenseConcluded: 'NOASSERTION',
      licenseDeclared: 'NOASSERTION',
      copyrightText: 'NOASSERTION',
      primaryPackagePurpose: 'APPLICATION',
    },
    ...components.map((component) => encodePackage(component, extracted)),
  ];
  const body = {
    packages,
    relationships: [
      { spdxElementId: 'SPDXRef-DOCUMENT', relationshipType: 'DESCRIBES', relatedSpdxElement: subjectId },
      ...rootIds(components).map((id) => ({ spdxElementId: subjectId, relationshipType: 'CONTAINS', relatedSpdxElement: elementId(id) })),
      ...components.flatMap((component) =>
        component.dependsOn!.map((other) => ({
          spdxElementId: elementId(componentId(component)),
          relationshipType: 'DEPENDS_ON',
          relatedSpdxElement: elementId(other),
        })),
      ),
    ],
    ...(extracted.size === 0
      ? {}
      : {
          hasExtractedLicensingInfos: [...extracted]
            .sort(([a], [b]) => (a < b ? -1 : 1))
            .map(([licenseId, text]) => ({ licenseId, extractedText: text, name: text })),
        }),
  };
  const name = document.subject.name;
  return `${JSON.stringify(
    {
      spdxVersion: 'SPDX-2.3',
      dataLicense: 'CC0-1.0',
      SPDXID: 'SPDXRef-DOCUMENT',
      name,
      documentNamespace: `https://spdx.org/spdxdocs/${encodeURIComponent(name)}-${uuidOf(JSON.stringify(body))}`,
      creationInfo: { created: CREATED, creators: [`Tool: ${document.tool.name}-${document.tool.version}`] },
      documentDescribes: [subjectId],
      ...body,
    },
    null,
    1,
  )}\n`;
}

function elementId(id: string): string {
  return `SPDXRef-Package-${shortIdOf(id)}`;
}

function encodePackage(component: Component, extracted: Map<string, string>): object {
  return {
    SPDXID: elementId(componentId(component)),
    name: component.name,
    versionInfo: component.version,
    ...(component.description === undefined ? {} : { description: component.description }),
    ...(component.homepage === undefined ? {} : { homepage: component.homepage }),
    downloadLocation: 'NOASSERTION',
    filesAnalyzed: false,
    licenseConcluded: 'NOASSERTION',
    licenseDeclared: declaredLicence(component.licences ?? [], extracted),
    copyrightText: 'NOASSERTION',
    primaryPackagePurpose: PURPOSES[component.type],
    ...(component.hashes === undefined || component.hashes.length === 0
      ? {}
      : { checksums: component.hashes.map(({ algorithm, hex }) => ({ algorithm: algorithm.replace('-', ''), checksumValue: hex })) }),
    ...(component.purl === undefined
      ? {}
      : { externalRefs: [{ referenceCategory: 'PACKAGE-MANAGER', referenceType: 'purl', referenceLocator: component.purl }] }),
  };
}

/** Text that is no SPDX expression becomes a licence of the document's own. */
function declaredLicence(declared: readonly string[], extracted: Map<string, string>): string {
  if (declared.length === 0) return 'NOASSERTION';
  const expressions = declared.map((text) => {
    const licence = parseLicence(text);
    if (licence.kind === 'expression') return declared.length > 1 && /\s/.test(licence.expression) ? `(${licence.expression})` : licence.expression;
    const id = `LicenseRef-${shortIdOf(licence.text)}`;
    extracted.set(id, licence.text);
    return id;
  });
  return expressions.join(' AND ');
}
