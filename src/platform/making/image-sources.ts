import { DEFAULT_PULL_POLICY, parsePullPolicy } from '../pull-policy.ts';
import type { PullPolicy } from '../pull-policy.ts';
import type { MakingOptions } from './api.ts';

/** How images that something is made of are looked for. */
export interface ImageSources {
  readonly policy: PullPolicy;
  /** What goes to a registry is made of what registries have, as with pack. */
  readonly registryFirst: boolean;
  readonly insecureRegistries: readonly string[];
}

/** Throws `PULL_POLICY_INVALID`. */
export function imageSources({ pullPolicy, outputs, insecureRegistries }: MakingOptions): ImageSources {
  const policy = pullPolicy === undefined ? DEFAULT_PULL_POLICY : parsePullPolicy(pullPolicy);
  return { policy, registryFirst: outputs.some(({ kind }) => kind === 'registry'), insecureRegistries };
}
