import { join } from 'node:path';
import { DOWNLOADS, LAYERS, PLATFORM, SCRATCH } from './layout.ts';
import type { HostPath, Mount, SandboxPath } from '../executor/index.ts';
import type { MountedDirectory } from '../lifecycle/index.ts';
import type { BuildSituation } from './build-situation.ts';

/** The folders of one build: on this machine, and where processes see them. */
export interface BuildFolders {
  readonly workspace: MountedDirectory;
  readonly layers: MountedDirectory;
  readonly platform: MountedDirectory;
  readonly home: MountedDirectory;
  readonly scratch: MountedDirectory;
  /** Holds `store` and `inbox`. */
  readonly downloads: MountedDirectory;
}

/**
 * Folders of the work folder, mounted where the specification has them. Where nothing can be mounted, workspace and layers, whose
 * paths get into the image, are used at their places; the others processes see where they are.
 */
export function buildFolders({ settings, sandbox, workDirectory }: Pick<BuildSituation, 'settings' | 'sandbox' | 'workDirectory'>, home: string): BuildFolders {
  const inPlace = sandbox.inPlace === true;
  const folder = (hostPath: string, sandboxPath: string) => ({ hostPath: hostPath as HostPath, sandboxPath: sandboxPath as SandboxPath });
  const fixed = (name: string, target: string) => folder(inPlace ? target : join(workDirectory, name), target);
  const named = (name: string, target: string) => folder(join(workDirectory, name), inPlace ? join(workDirectory, name) : target);
  return {
    workspace: fixed('workspace', settings.workspace),
    layers: fixed('layers', LAYERS),
    platform: named('platform', PLATFORM),
    home: named('home', home),
    scratch: named('scratch', SCRATCH),
    downloads: named('downloads', DOWNLOADS),
  };
}

/** How processes get to see a folder; none where they see it anyway. */
export function mountsOf({ hostPath, sandboxPath }: MountedDirectory, writable: boolean): readonly Mount[] {
  return String(hostPath) === sandboxPath ? [] : [{ kind: 'bind', source: hostPath, target: sandboxPath, writable }];
}
