import type { BuilderToml } from '../cnb/index.ts';
import type { Image, LayerWriter } from '../oci/index.ts';
import type { LayerTarPart } from '../archive/index.ts';
import type { LifecycleSource } from './lifecycle-content.ts';
import type { PackagedModule } from './packaged-module.ts';

/** Everything that a builder image is made of. */
export interface BuilderRecipe {
  readonly definition: Pick<BuilderToml, 'description' | 'order' | 'orderExtensions' | 'system' | 'runImages' | 'buildConfigEnv' | 'stackId'>;
  /** The build image that it is made on; one that is a builder already gets more. */
  readonly base: Image;
  /** In the order of builder.toml, each followed by its dependencies. */
  readonly buildpacks: readonly PackagedModule[];
  readonly extensions: readonly PackagedModule[];
  readonly lifecycle: LifecycleSource;
  /** Groups of `id@version` that share a layer. */
  readonly flatten: readonly (readonly string[])[];
  /** Of the user. */
  readonly labels: Readonly<Record<string, string>>;
  /** More layers after the lifecycle, such as what bundled buildpacks run on. */
  readonly extraLayers: readonly { readonly name: string; readonly parts: readonly LayerTarPart[] }[];
  readonly createdBy: { readonly name: string; readonly version: string };
  readonly layerWriter: LayerWriter;
  /** Takes temporary folders, which are gone in the end. */
  readonly workDirectory: string;
  /** For people. */
  readonly warn: (message: string) => void;
}
