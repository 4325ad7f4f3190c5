import type { Component } from './component.ts';
import { list, member, text } from './loose-json.ts';

/** Artifacts of a Syft JSON document of any schema version; older ones write licences as plain text. */
export function decodeSyft(document: unknown): readonly Component[] {
  const needs = new Map<string, string[]>();
  for (const entry of list(member(document, 'artifactRelationships'))) {
    const [parent, child] = [text(member(entry, 'parent')), text(member(entry, 'child'))];
    // Syft writes the needed package as the parent of the one that needs it.
    if (member(entry, 'type') === 'dependency-of' && parent !== undefined && child !== undefined) needs.set(child, [...(needs.get(child) ?? []), parent]);
  }
  return list(member(document, 'artifacts')).flatMap((entry) => {
    const [name, id, purl] = [text(member(entry, 'name')), text(member(entry, 'id')), text(member(entry, 'purl'))];
    if (name === undefined || id === undefined) return [];
    return [
      {
        type: 'library',
        name,
        version: text(member(entry, 'version')) ?? '',
        id,
        ...(purl === undefined ? {} : { purl }),
        licences: list(member(entry, 'licenses')).flatMap((licence) => text(licence) ?? text(member(licence, 'value')) ?? []),
        locations: list(member(entry, 'locations')).flatMap((location) => text(member(location, 'path')) ?? []),
        dependsOn: needs.get(id) ?? [],
      },
    ];
  });
}
