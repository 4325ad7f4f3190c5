import type { Component } from '../../../src/sdk/index.ts';

/** What `cargo metadata --format-version 1` tells, as far as it is of use. */
export interface Metadata {
  readonly packages: readonly CargoPackage[];
  readonly workspace_members: readonly string[];
  readonly workspace_default_members?: readonly string[];
  readonly resolve: { readonly nodes: readonly CargoNode[] } | null;
}

interface CargoPackage {
  readonly id: string;
  readonly name: string;
  readonly version: string;
  readonly license: string | null;
  readonly description: string | null;
  readonly homepage: string | null;
  readonly repository: string | null;
  readonly default_run: string | null;
  readonly targets: readonly { readonly name: string; readonly kind: readonly string[]; readonly 'required-features'?: readonly string[] }[];
}

interface CargoNode {
  readonly id: string;
  readonly deps: readonly { readonly pkg: string; readonly dep_kinds: readonly { readonly kind: string | null }[] }[];
}

/** Programs of the packages that a plain `cargo build` builds, by name; those that want features only when they are asked for. */
export interface Binary {
  readonly name: string;
  readonly packageId: string;
  readonly needsFeatures: boolean;
  /** Whether the package says that it is the one to run. */
  readonly isDefault: boolean;
}

/** All programs of the workspace; `byDefault` those of its default members. */
export function listBinaries({ packages, workspace_members, workspace_default_members }: Metadata): {
  readonly all: readonly Binary[];
  readonly byDefault: readonly Binary[];
} {
  const of = (ids: readonly string[]) =>
    packages
      .filter(({ id }) => ids.includes(id))
      .flatMap(({ id, default_run, targets }) =>
        targets
          .filter(({ kind }) => kind.includes('bin'))
          .map((target): Binary => ({
            name: target.name,
            packageId: id,
            needsFeatures: (target['required-features'] ?? []).length > 0,
            isDefault: default_run === target.name,
          })),
      );
  return { all: of(workspace_members), byDefault: of(workspace_default_members ?? workspace_members).filter(({ needsFeatures }) => !needsFeatures) };
}

/** The crates that are linked into programs of the packages: neither build scripts' nor tests'. Checksums are those of Cargo.lock. */
export function describeCrates(metadata: Metadata, roots: readonly string[], checksums: ReadonlyMap<string, string>): readonly Component[] {
  const packages = new Map(metadata.packages.map((one) => [one.id, one]));
  const nodes = new Map((metadata.resolve?.nodes ?? []).map((node) => [node.id, node]));
  const linked = (id: string) => (nodes.get(id)?.deps ?? []).filter(({ dep_kinds }) => dep_kinds.some(({ kind }) => kind === null)).map(({ pkg }) => pkg);
  const reached = new Set<string>();
  const waiting = [...roots];
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    if (reached.has(id)) continue;
    reached.add(id);
    waiting.push(...linked(id));
  }
  const purl = ({ name, version }: CargoPackage) => `pkg:cargo/${name}@${encodeURIComponent(version)}`;
  return [...reached].map((id): Component => {
    const one = packages.get(id)!;
    const checksum = checksums.get(`${one.name} ${one.version}`);
    return {
      type: roots.includes(id) ? 'application' : 'library',
      name: one.name,
      version: one.version,
      purl: purl(one),
      ...(one.description === null ? {} : { description: one.description.trim() }),
      ...(one.homepage === null && one.repository === null ? {} : { homepage: one.homepage ?? one.repository! }),
      // Older manifests separate alternatives by a slash.
      ...(one.license === null ? {} : { licences: [one.license.replace(/\s*\/\s*/g, ' OR ')] }),
      ...(checksum === undefined ? {} : { hashes: [{ algorithm: 'SHA-256', hex: checksum }] }),
      dependsOn: linked(id).map((other) => purl(packages.get(other)!)),
    };
  });
}
