/** What a component is (the CycloneDX words). */
export type ComponentType = 'application' | 'framework' | 'library' | 'operating-system' | 'platform' | 'file';

/** A checksum as lower-case hexadecimal digits. */
export interface ComponentHash {
  readonly algorithm: 'SHA-1' | 'SHA-256' | 'SHA-512';
  readonly hex: string;
}

/** A piece of software that is in an image: a package, a runtime, an application. */
export interface Component {
  readonly type: ComponentType;
  readonly name: string;
  readonly version: string;
  /**
   * Tells this component from all others of the document; package URL when absent, else name and version.
   * Two installed copies of one package have two ids.
   */
  readonly id?: string;
  /** Package URL, such as `pkg:npm/%40babel/core@7.0.0`. */
  readonly purl?: string;
  readonly description?: string;
  readonly homepage?: string;
  /** As its authors declare them: SPDX expressions, or any other text. */
  readonly licences?: readonly string[];
  /** Of the archive that it was installed from. */
  readonly hashes?: readonly ComponentHash[];
  /** Files that show it, as paths in the image. */
  readonly locations?: readonly string[];
  /** Ids of the components it needs; those that the document does not hold are left out. */
  readonly dependsOn?: readonly string[];
}

/** Everything that one SBOM says. */
export interface SbomDocument {
  /** What the components are parts of. */
  readonly subject: { readonly name: string; readonly version?: string };
  /** Who wrote the document. */
  readonly tool: { readonly name: string; readonly version: string };
  readonly components: readonly Component[];
}

/** The id under which other components refer to this one. */
export function componentId(component: Component): string {
  return component.id ?? component.purl ?? `${component.name}@${component.version}`;
}

/** The text of a subresource integrity value (`sha512-<base64>`, several separated by spaces) as hashes; unknown algorithms are left out. */
export function hashesFromIntegrity(integrity: string): readonly ComponentHash[] {
  const hashes: ComponentHash[] = [];
  for (const value of integrity.trim().split(/\s+/)) {
    const match = /^(sha1|sha256|sha512)-([A-Za-z0-9+/]+=*)/.exec(value);
    if (match === null) continue;
    const algorithm = ({ sha1: 'SHA-1', sha256: 'SHA-256', sha512: 'SHA-512' } as const)[match[1] as 'sha1' | 'sha256' | 'sha512'];
    hashes.push({ algorithm, hex: Buffer.from(match[2]!, 'base64').toString('hex') });
  }
  return hashes;
}

/** A copy in the one order and with the one set of edges that every encoder writes, so that output never depends on the order of discovery. */
export function normalizeComponents(components: readonly Component[]): readonly Component[] {
  const byId = new Map<string, Component>();
  for (const component of components) {
    const id = componentId(component);
    const known = byId.get(id);
    byId.set(id, known === undefined ? component : mergeComponents(known, component));
  }
  return [...byId]
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([id, component]) => ({
      ...component,
      id,
      licences: (component.licences ?? []).filter((licence) => licence.trim() !== ''),
      dependsOn: [...new Set(component.dependsOn ?? [])].filter((other) => other !== id && byId.has(other)).sort(),
    }));
}

/** One component out of two descriptions of it; lists are joined, single values are those of the first that has one. */
function mergeComponents(a: Component, b: Component): Component {
  const join = (x: readonly string[] = [], y: readonly string[] = []) => [...new Set([...x, ...y])];
  const hashes = [...(a.hashes ?? [])];
  for (const hash of b.hashes ?? []) {
    if (!hashes.some((known) => known.algorithm === hash.algorithm && known.hex === hash.hex)) hashes.push(hash);
  }
  return {
    ...b,
    ...a,
    licences: a.licences !== undefined && a.licences.length > 0 ? a.licences : (b.licences ?? []),
    hashes,
    locations: join(a.locations, b.locations),
    dependsOn: join(a.dependsOn, b.dependsOn),
  };
}
