import type { HostPath, Mount, ProcessExit, ProcessSpec } from './port.ts';

/**
 * Where roots are changed as root, one layer at a time, without being root: package managers work there, and who owns
 * what is kept for layer tars. Its layer folders have a form of their own: the workshop alone makes, reads and removes them.
 */
export interface RootWorkshop {
  /** `mapped`: a range of ids is the sandbox's own, so owners are real. `emulated`: there is one id, and fakeroot remembers owners. */
  readonly method: 'mapped' | 'emulated';
  /** Names the form of layer folders: one that was made in another form is of no use. Letters, digits, `-` and `_`. */
  readonly form: string;
  /** What works less well here than with real root, in whole sentences; empty when nothing does. */
  readonly limits: readonly string[];
  /**
   * Makes a layer folder of layer tars (plain, base first), with owners, modes and whiteouts. The folder appears
   * complete or not at all. A single tar of removals keeps them, for the layers that it will lie over.
   */
  unpack(request: { readonly directory: HostPath; readonly layers: readonly LayerTarSource[]; readonly signal?: AbortSignal }): Promise<void>;
  /** Throws `SANDBOX_FAILED`. */
  open(environment: RootEnvironment): Promise<WritableRoot>;
  /** Removes a layer folder, whoever owns what is in it. Nothing there is fine. */
  remove(directory: HostPath): Promise<void>;
}

/** Opens an uncompressed layer tar from its beginning. */
export type LayerTarSource = () => AsyncIterable<Uint8Array>;

/** A root that is made of layer folders, and where its changes go. */
export interface RootEnvironment {
  /** Layer folders, the nearest first, the base last. They are not written to. */
  readonly lowers: readonly HostPath[];
  /** Missing; becomes a layer folder with what the processes change. Whoever opened it removes it with `RootWorkshop.remove`. */
  readonly upper: HostPath;
  /** Over the root. `/proc` and `/dev` are there without being listed; `/tmp` is the root's own. Mount points that had to be made are no changes. */
  readonly mounts: readonly Mount[];
  readonly network: 'host' | 'none';
  readonly hostname: string;
}

/** A root that processes change. They run as root inside, unless `ProcessSpec.user` says otherwise. */
export interface WritableRoot extends AsyncDisposable {
  /** As `Sandbox.run`; one at a time. */
  run(process: ProcessSpec): Promise<ProcessExit>;
  /** What has been changed so far, in lexical walk order: each folder before what it holds. Not while a process runs. */
  changes(): AsyncIterable<RootChange>;
}

/** One difference between a root and what it was made of; an entry of a layer tar but for its name. */
export interface RootChange {
  /** As bytes, relative to the root: no leading `/`. Never empty. */
  readonly path: Uint8Array;
  /** `removed` becomes a whiteout. `opaque` is a folder that replaces one of the same name: added, with nothing of the old one in it. */
  readonly change: 'added' | 'removed' | 'opaque';
  /** Of what is there now. Sockets are no changes; devices are reported, since they cannot be made here. */
  readonly type: 'file' | 'directory' | 'symlink' | 'fifo' | 'device' | 'none';
  /** Permission bits, sticky, setuid and setgid included. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Of symlinks, verbatim. */
  readonly linkTarget?: Uint8Array;
  /** Of files: where the bytes lie, readable to the caller until the root is disposed of or its folder removed. */
  readonly source?: HostPath | Uint8Array;
  readonly sizeBytes?: number;
  /** Of devices. */
  readonly device?: { readonly kind: 'character' | 'block'; readonly major: number; readonly minor: number };
}
