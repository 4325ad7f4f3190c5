import { decodeJson, decodeToml, defined } from '../fields.ts';
import type { Fields, SpecTable } from '../fields.ts';
import { GoStruct, formatGoJson, formatToml } from '../../foundation/index.ts';
import { present } from '../fields.ts';

/** Where the source of an app came from (`platform.md#project-metadatatoml-toml`). */
export interface ProjectMetadata {
  readonly source?: {
    readonly type: string;
    readonly version?: SpecTable;
    readonly metadata?: SpecTable;
  };
}

/** Decodes project-metadata.toml. Throws `TOML_INVALID` or `SPEC_FILE_INVALID`. */
export function parseProjectMetadataToml(text: string, file: string): ProjectMetadata {
  return decodeToml(text, file, readProjectMetadata);
}

export function formatProjectMetadataToml(project: ProjectMetadata): string {
  return formatToml(present({ source: project.source }));
}

/** Decodes the label `io.buildpacks.project.metadata`. Throws `SPEC_FILE_INVALID`. */
export function parseProjectMetadataLabel(text: string): ProjectMetadata {
  return decodeJson(text, 'label io.buildpacks.project.metadata', readProjectMetadata);
}

/** The text of the label with the bytes of the reference; `{}` without a source. */
export function formatProjectMetadataLabel(project: ProjectMetadata): string {
  const { source } = project;
  if (source === undefined) return '{}';
  return formatGoJson(
    new GoStruct({
      source: new GoStruct({ type: source.type === '' ? undefined : source.type, version: filled(source.version), metadata: filled(source.metadata) }),
    }),
  );
}

function readProjectMetadata(fields: Fields): ProjectMetadata {
  const source = fields.table('source');
  if (source === undefined) return {};
  return {
    source: defined<NonNullable<ProjectMetadata['source']>>({
      type: source.string('type') ?? '',
      version: source.jsonTable('version'),
      metadata: source.jsonTable('metadata'),
    }),
  };
}

const filled = (table: SpecTable | undefined): SpecTable | undefined => (table === undefined || Object.keys(table).length === 0 ? undefined : table);
