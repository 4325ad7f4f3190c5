import { componentId, normalizeComponents, type Component, type SbomDocument } from './component.ts';
import { isSingleIdentifier, parseLicence } from './licence.ts';
import { uuidOf } from './stable-id.ts';

/** The document as CycloneDX 1.6 JSON. The serial number comes from the content; there is no time in it. */
export function encodeCycloneDx(document: SbomDocument): string {
  const components = normalizeComponents(document.components);
  const subjectRef = `subject:${document.subject.name}`;
  const body = {
    metadata: {
      tools: { components: [{ type: 'application', name: document.tool.name, version: document.tool.version }] },
      component: { type: 'application', 'bom-ref': subjectRef, ...document.subject },
    },
    components: components.map(encodeComponent),
    dependencies: [
      { ref: subjectRef, dependsOn: rootIds(components) },
      ...components.map((component) => ({ ref: componentId(component), ...(component.dependsOn!.length === 0 ? {} : { dependsOn: component.dependsOn }) })),
    ],
  };
  const serialNumber = `urn:uuid:${uuidOf(JSON.stringify(body))}`;
  return `${JSON.stringify({ $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json', bomFormat: 'CycloneDX', specVersion: '1.6', serialNumber, version: 1, ...body }, null, 1)}\n`;
}

/** Components that no other component needs. */
export function rootIds(components: readonly Component[]): readonly string[] {
  const needed = new Set(components.flatMap((component) => component.dependsOn ?? []));
  return components.map(componentId).filter((id) => !needed.has(id));
}

function encodeComponent(component: Component): object {
  const { licences = [], hashes = [], locations = [] } = component;
  return {
    type: component.type,
    'bom-ref': componentId(component),
    name: component.name,
    version: component.version,
    ...(component.description === undefined ? {} : { description: component.description }),
    ...(hashes.length === 0 ? {} : { hashes: hashes.map(({ algorithm, hex }) => ({ alg: algorithm, content: hex })) }),
    ...(licences.length === 0 ? {} : { licenses: encodeLicences(licences) }),
    ...(component.purl === undefined ? {} : { purl: component.purl }),
    ...(component.homepage === undefined ? {} : { externalReferences: [{ type: 'website', url: component.homepage }] }),
    ...(locations.length === 0 ? {} : { evidence: { occurrences: locations.map((location) => ({ location })) } }),
  };
}

/** The schema allows either one expression or a list of single licences. */
function encodeLicences(declared: readonly string[]): readonly object[] {
  const licences = declared.map(parseLicence);
  const [first] = licences;
  if (licences.length === 1 && first?.kind === 'expression' && !isSingleIdentifier(first.expression)) return [{ expression: first.expression }];
  return licences.map((licence) => {
    if (licence.kind === 'text') return { license: { name: licence.text } };
    return isSingleIdentifier(licence.expression) ? { license: { id: licence.expression } } : { license: { name: licence.expression } };
  });
}
