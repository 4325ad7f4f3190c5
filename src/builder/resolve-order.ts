import { TspackError, nearestNames } from '../foundation/index.ts';
import type { LooseOrder, ModuleKind, Order, OrderElement, OrderReference } from '../cnb/index.ts';

/** A module of a builder by id and version. */
interface ModuleOfBuilder {
  readonly id: string;
  readonly version: string;
}

/** The order with the versions that the builder has. Throws `BUILDER_ORDER_INVALID`. */
export function resolveOrder(order: LooseOrder, modules: readonly ModuleOfBuilder[], kind: ModuleKind): Order {
  return order.map(({ group }) => ({ group: resolveReferences(group, modules, kind) }));
}

/** The same for a list. Throws `BUILDER_ORDER_INVALID`. */
export function resolveReferences(references: readonly OrderReference[], modules: readonly ModuleOfBuilder[], kind: ModuleKind): readonly OrderElement[] {
  return references.map((reference) => ({ ...reference, version: resolveVersion(reference, modules, kind) }));
}

function resolveVersion({ id, version }: OrderReference, modules: readonly ModuleOfBuilder[], kind: ModuleKind): string {
  const versions = [...new Set(modules.filter((module) => module.id === id).map((module) => module.version))];
  if (versions.length === 0) {
    const near = nearestNames(
      id,
      modules.map((module) => module.id),
    );
    throw invalid(
      `no versions of ${kind} "${id}" were found on the builder`,
      near.length > 0 ? `Did you mean ${near.join(' or ')}?` : `Add it to [[${kind}s]] of builder.toml`,
    );
  }
  if (version !== undefined) {
    if (versions.includes(version)) return version;
    throw invalid(`${kind} "${id}" with version "${version}" was not found on the builder`, `Name version ${versions.join(' or ')}, or leave it out`);
  }
  if (versions.length === 1) return versions[0]!;
  throw invalid(`there are several versions of ${kind} "${id}"`, `Say which: ${versions.join(' or ')}`);
}

function invalid(why: string, nextStep: string): TspackError {
  return new TspackError({ code: 'BUILDER_ORDER_INVALID', message: `Cannot make the builder: ${why}`, nextStep });
}
