/** One entry of a layer tar, as it is written. Paths are absolute image paths: leading `/`, no trailing one. */
export interface LayerTarEntry {
  readonly path: string;
  readonly type: 'directory' | 'file' | 'symlink';
  /** Permission bits, sticky, setuid and setgid included; no file-type bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Of symlinks, verbatim. */
  readonly linkTarget?: string;
  /** Of files: the host file to read, or the bytes themselves. */
  readonly source?: string;
  readonly content?: Uint8Array;
}

/** What a layer is made of, in order. Plain data: it is posted to a worker thread. */
export type LayerTarPart =
  | { readonly kind: 'entries'; readonly entries: readonly LayerTarEntry[] }
  /**
   * A host folder and everything below it, in lexical walk order, as `target` and below, all owned by uid:gid.
   * Sockets are skipped, hard links stored as full copies (CNB.md C144, C145).
   */
  | { readonly kind: 'tree'; readonly source: string; readonly target: string; readonly uid: number; readonly gid: number };

export interface LayerTarSpec {
  readonly parts: readonly LayerTarPart[];
  /** Seconds since 1970 of every entry. Default 315532801 (C144). */
  readonly mtimeSeconds?: number;
}
