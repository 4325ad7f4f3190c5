/** What happens to a layer, in the reference's words. The cache takes it anew (`caching`) or has it already (`keeping`). */
export type LayerAction = 'restoring' | 'removing' | 'reusing' | 'adding' | 'caching' | 'keeping';

/** What the phases say while they run. */
export type LifecycleEvent =
  | { readonly kind: 'message'; readonly level: 'debug' | 'info' | 'warning'; readonly message: string }
  /** `name` is `<buildpack id>:<layer>`, or what the lifecycle calls a layer of its own: `launcher`, `config`, `app`. */
  | { readonly kind: 'layer'; readonly action: LayerAction; readonly name: string; readonly sizeBytes?: number; readonly reason?: string }
  /** What a buildpack prints, as it comes: lines may be cut anywhere. */
  | { readonly kind: 'output'; readonly buildpack: string; readonly stream: 'stdout' | 'stderr'; readonly bytes: Uint8Array };
