import { SUPPORTED_APIS, formatApiVersion } from './api-version.ts';
import type { ApiKind } from './api-version.ts';
import type { LifecycleDescriptor } from './run-toml.ts';

/**
 * The release of the reference lifecycle whose interface ours has. Platforms compare versions to find out what a
 * lifecycle can do (pack: images for untrusted builders since 0.7.5, extensions in the creator since 0.19.0). What follows
 * must be fit for the tag of an image, which pack makes of it.
 */
const EQUIVALENT = '0.21.0';

/** What our lifecycle calls itself, in lifecycle.toml and in images: `0.21.0-tspack.1.2.3`. */
export function lifecycleVersion(tspackVersion: string): string {
  return `${EQUIVALENT}-tspack.${tspackVersion}`;
}

/** lifecycle.toml of our lifecycle (CNB.md C228). */
export function describeLifecycle(tspackVersion: string): LifecycleDescriptor {
  const supported = (kind: ApiKind) => SUPPORTED_APIS[kind].map(formatApiVersion);
  const lowest = (kind: ApiKind) => formatApiVersion(SUPPORTED_APIS[kind][0]!);
  return {
    version: lifecycleVersion(tspackVersion),
    apis: { buildpack: { supported: supported('buildpack'), deprecated: [] }, platform: { supported: supported('platform'), deprecated: [] } },
    api: { buildpack: lowest('buildpack'), platform: lowest('platform') },
  };
}
