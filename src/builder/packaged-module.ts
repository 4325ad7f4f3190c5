import { formatBuildpackReference } from '../cnb/index.ts';
import type { ModuleSummary } from '../cnb/index.ts';
import type { Layer } from '../oci/index.ts';

/** Where the files of a module are. */
export type ModuleContent =
  /**
   * A folder with the descriptor, as its author has it. With `rootDirectory`, the descriptor is taken from there: the
   * folder is the one for a target below it.
   */
  | { readonly kind: 'folder'; readonly directory: string; readonly rootDirectory?: string }
  /** A layer of a package, as it is. A flattened one is the content of several modules. */
  | { readonly kind: 'layer'; readonly layer: Layer };

/** A buildpack or an extension that goes into a package or a builder. */
export interface PackagedModule {
  readonly summary: ModuleSummary;
  readonly content: ModuleContent;
}

/** `id@version`. */
export function moduleName({ summary }: Pick<PackagedModule, 'summary'>): string {
  return formatBuildpackReference(summary.info);
}

/** In byte order of their names, so that nothing depends on the order they were found in. */
export function byName(a: PackagedModule, b: PackagedModule): number {
  return Buffer.compare(Buffer.from(moduleName(a)), Buffer.from(moduleName(b)));
}
