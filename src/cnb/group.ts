import { formatToml } from '../foundation/index.ts';
import type { BuildpackReference } from './buildpack-id.ts';
import type { Fields } from './fields.ts';
import { decodeToml, defined, present } from './fields.ts';
import { readReference } from './order.ts';

/** A member of the group that detect chose. */
export interface GroupElement extends BuildpackReference {
  /** Buildpack API, such as `0.12`. */
  readonly api: string;
  readonly homepage?: string;
}

/** group.toml (`platform.md#grouptoml-toml`): buildpacks in build order, and image extensions. */
export interface Group {
  readonly group: readonly GroupElement[];
  readonly groupExtensions: readonly GroupElement[];
}

/** Decodes group.toml. Throws `TOML_INVALID` or `SPEC_FILE_INVALID`. The APIs are not verified here. */
export function parseGroupToml(text: string, file: string): Group {
  return decodeToml(text, file, (fields) => ({
    group: fields.tables('group').map(readGroupElement),
    groupExtensions: fields.tables('group-extensions').map(readGroupElement),
  }));
}

export function formatGroupToml(group: Group): string {
  return formatToml(
    present({
      group: group.group.map(groupElementToml),
      'group-extensions': group.groupExtensions.length === 0 ? undefined : group.groupExtensions.map(groupElementToml),
    }),
  );
}

export function readGroupElement(fields: Fields): GroupElement {
  return defined<GroupElement>({ ...readReference(fields), api: fields.string('api') ?? '', homepage: fields.string('homepage') });
}

/** In the key order of the reference. */
export function groupElementToml(element: GroupElement): Record<string, string> {
  return {
    id: element.id,
    version: element.version,
    ...(element.api === '' ? {} : { api: element.api }),
    ...(element.homepage === undefined || element.homepage === '' ? {} : { homepage: element.homepage }),
  };
}
