import type { HostPath } from '../index.ts';
import type { NestedTools } from './nested-sandbox.ts';
import type { FilteredArchitecture } from './system-calls.ts';

export interface RootWorkshopOptions extends NestedTools {
  readonly architecture: FilteredArchitecture;
  /** In the toolbox: fakeroot's library and daemon. */
  readonly fakeroot: { readonly library: string; readonly daemon: string };
  /** How coreutils' or busybox' `mkfifo` is started. Default: the host's. */
  readonly mkfifo?: readonly string[];
  /** Existing, writable folder of this user on a local file system. */
  readonly scratchDirectory: HostPath;
  /** Of this process. */
  readonly caller: { readonly uid: number; readonly gid: number };
  /** See {@link RootWorkshop.limits}. */
  readonly limits: readonly string[];
}
