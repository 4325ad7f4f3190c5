import { componentId, normalizeComponents, type Component, type SbomDocument } from './component.ts';
import { rootIds } from './cyclonedx.ts';
import { parseLicence } from './licence.ts';
import { shortIdOf } from './stable-id.ts';

/** Version of the Syft JSON schema that the output is valid against. */
const SCHEMA_VERSION = '16.0.34';

/** Package URL type -> Syft's own package type and language. */
const ECOSYSTEMS: Readonly<Record<string, { readonly type: string; readonly language: string }>> = {
  npm: { type: 'npm', language: 'javascript' },
  deb: { type: 'deb', language: '' },
  maven: { type: 'java-archive', language: 'java' },
  pypi: { type: 'python', language: 'python' },
  golang: { type: 'go-module', language: 'go' },
  cargo: { type: 'rust-crate', language: 'rust' },
  composer: { type: 'php-composer', language: 'php' },
  gem: { type: 'gem', language: 'ruby' },
};

/** The document as Syft JSON. */
export function encodeSyft(document: SbomDocument): string {
  const components = normalizeComponents(document.components);
  const sourceId = shortIdOf(`subject:${document.subject.name}`);
  const relationship = (parent: string, child: string, type: string) => ({ parent, child, type });
  return `${JSON.stringify(
    {
      artifacts: components.map(encodeArtifact),
      artifactRelationships: [
        ...rootIds(components).map((id) => relationship(sourceId, shortIdOf(id), 'contains')),
        // Syft writes the needed package as the parent of the one that needs it.
        ...components.flatMap((component) =>
          component.dependsOn!.map((other) => relationship(shortIdOf(other), shortIdOf(componentId(component)), 'dependency-of')),
        ),
      ],
      source: {
        id: sourceId,
        name: document.subject.name,
        version: document.subject.version ?? '',
        type: 'directory',
        metadata: { path: document.subject.name },
      },
      distro: {},
      descriptor: { name: document.tool.name, version: document.tool.version },
      schema: { version: SCHEMA_VERSION, url: `https://raw.githubusercontent.com/anchore/syft/main/schema/json/schema-${SCHEMA_VERSION}.json` },
    },
    null,
    1,
  )}\n`;
}

function encodeArtifact(component: Component): object {
  const purlType = /^pkg:([a-z0-9.+-]+)\//.exec(component.purl ?? '')?.[1] ?? '';
  const ecosystem = ECOSYSTEMS[purlType] ?? { type: 'binary', language: '' };
  return {
    id: shortIdOf(componentId(component)),
    name: component.name,
    version: component.version,
    type: ecosystem.type,
    foundBy: 'tspack',
    locations: (component.locations ?? []).map((path) => ({ path, accessPath: path })),
    licenses: (component.licences ?? []).map((declared) => {
      const licence = parseLicence(declared);
      return { value: declared, spdxExpression: licence.kind === 'expression' ? licence.expression : '', type: 'declared', urls: [], locations: [] };
    }),
    language: ecosystem.language,
    cpes: [],
    purl: component.purl ?? '',
  };
}
