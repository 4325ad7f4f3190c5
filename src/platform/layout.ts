import type { SandboxPath } from '../executor/index.ts';

/** Where a build's folders are in the sandbox; workspace and layers are there in the image too (platform.md#build-image, CNB.md C192). */
export const DEFAULT_WORKSPACE = '/workspace' as SandboxPath;
export const LAYERS = '/layers' as SandboxPath;
export const PLATFORM = '/platform' as SandboxPath;
/** The downloads that all builds share: `store`, and the `inbox` of this build. */
export const DOWNLOADS = '/cnb/tspack-downloads' as SandboxPath;
export const SCRATCH = '/tmp/cnb' as SandboxPath;

/** Folders that belong to the build, to the lifecycle or to the kernel: nothing of the user is put there. */
export const RESERVED: readonly string[] = [LAYERS, '/cnb', '/proc', '/dev', '/sys'];

/** Whether a path is a folder or lies below it. Both are absolute and normalised. */
export function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder === '/' ? '/' : `${folder}/`);
}
