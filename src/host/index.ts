/**
 * This machine's settings that builds take over: certificates, resolver, proxies, and where packages come from. It asks
 * the tools and files that own them, and knows nothing of builds, sandboxes' mounts or images.
 *
 * ```ts
 * const settings = await readHostSettings({ env: process.env, cacheDirectory });
 * const { files, env } = sandboxView(settings, root);
 * ```
 *
 * @packageDocumentation
 */
export { readHostSettings } from './host-settings.ts';
export type { HostOptions, HostSettings } from './host-settings.ts';
export type { HostCertificates } from './certificates.ts';
export { npmRegistry } from './npm-registry.ts';
export type { NpmRegistryOptions } from './npm-registry.ts';
export { readPackageSources } from './package-sources/read-package-sources.ts';
export type { PackageSources } from './package-sources/read-package-sources.ts';
export { ownView, sandboxView } from './sandbox-view.ts';
export type { SandboxView } from './sandbox-view.ts';
