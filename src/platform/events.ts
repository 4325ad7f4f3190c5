import type { TransferEvent } from '../foundation/index.ts';
import type { BuildFact, PhaseName } from './build-fact.ts';

/** What happens to a layer, in pack's words. The cache takes it anew (`caching`) or has it already (`keeping`). */
export type LayerAction = 'restoring' | 'removing' | 'reusing' | 'adding' | 'caching' | 'keeping';

/** Everything a build says while it runs. The CLI turns it into text; nothing else does. */
export type BuildEvent =
  | TransferEvent
  | { readonly kind: 'phase-started'; readonly phase: PhaseName }
  | { readonly kind: 'phase-finished'; readonly phase: PhaseName; readonly milliseconds: number }
  /** A step outside the phases that takes time, such as unpacking the build image; `finished` ends it. */
  | { readonly kind: 'step'; readonly id: string; readonly label: string; readonly finished: boolean }
  | { readonly kind: 'message'; readonly level: 'debug' | 'info' | 'warning'; readonly message: string }
  /** `bin/build` of a buildpack; one that fails does not finish. */
  | { readonly kind: 'buildpack-started'; readonly buildpack: string; readonly version: string }
  | { readonly kind: 'buildpack-finished'; readonly buildpack: string; readonly version: string; readonly milliseconds: number }
  /** What goes into the image or decides about it, when it becomes known. */
  | Extract<BuildFact, { kind: 'consumed' | 'verdict' | 'choice' | 'decision' }>
  /** What a buildpack prints, as it comes: lines may be cut anywhere. */
  | { readonly kind: 'output'; readonly buildpack: string; readonly stream: 'stdout' | 'stderr'; readonly bytes: Uint8Array }
  /** The group that takes part, in order; `considered` counts the buildpacks that were asked. */
  | { readonly kind: 'group'; readonly buildpacks: readonly { readonly id: string; readonly version: string }[]; readonly considered: number }
  | { readonly kind: 'layer'; readonly action: LayerAction; readonly name: string; readonly sizeBytes?: number; readonly reason?: string }
  /** An image now stands somewhere. `digest` is that of the manifest where there is one, else the image ID. */
  | { readonly kind: 'delivered'; readonly place: string; readonly name: string; readonly digest: string };
