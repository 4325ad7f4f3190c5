import { escapeBuildpackId, isApiAtLeast } from '../../cnb/index.ts';
import { mountedChild, resolveMounted } from '../mounted-directory.ts';
import type { ApiVersion } from '../../cnb/index.ts';
import type { HostPath } from '../../executor/index.ts';
import type { MountedDirectory } from '../mounted-directory.ts';

/** Which image a Dockerfile of an extension is for. */
export type ExtendKind = 'build' | 'run';

export const EXTEND_CONFIG = 'extend-config.toml';
/** Of a run.Dockerfile that a later one has replaced. */
export const IGNORED = '.ignore';

/** Where the outputs of an extension lie in `<generated>` (platform.md#detector; CNB.md C073). */
export function extensionFiles(
  generated: MountedDirectory,
  id: string,
  kind: ExtendKind,
  platformApi: ApiVersion,
): { readonly folder: MountedDirectory; readonly dockerfile: string } {
  const folder = escapeBuildpackId(id);
  if (isApiAtLeast(platformApi, '0.13')) return { folder: mountedChild(generated, folder), dockerfile: `${kind}.Dockerfile` };
  return { folder: mountedChild(generated, kind, folder), dockerfile: 'Dockerfile' };
}

/** The context folder of a Dockerfile; undefined when the application is its context. Links that lead elsewhere lead nowhere. */
export function contextDirectory(folder: MountedDirectory, kind: ExtendKind): HostPath | undefined {
  for (const name of [`context.${kind}`, 'context']) {
    const found = resolveMounted(folder, name);
    if (found?.stats.isDirectory() === true) return found.hostPath as HostPath;
  }
  return undefined;
}
