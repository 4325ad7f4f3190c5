/**
 * One entry of a layer tar, as it is written. Paths are absolute image paths: leading `/`, no trailing one.
 * Names given as text are written as UTF-8; as bytes, they are written as they are.
 */
export interface LayerTarEntry {
  readonly path: string | Uint8Array;
  readonly type: 'directory' | 'file' | 'symlink' | 'fifo';
  /** Permission bits, sticky, setuid and setgid included; no file-type bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Of symlinks, verbatim. */
  readonly linkTarget?: string | Uint8Array;
  /** Of files: the host file to read (symlinks are followed), or the bytes themselves. Neither: an empty file. */
  readonly source?: string | Uint8Array;
  readonly content?: Uint8Array;
}

/** What a layer is made of, in order. Plain data: it is posted to a worker thread. */
export type LayerTarPart =
  | { readonly kind: 'entries'; readonly entries: readonly LayerTarEntry[] }
  /**
   * A host folder and everything below it, in lexical walk order, as `target` and below, all owned by uid:gid.
   * Sockets are skipped, hard links stored as full copies (CNB.md C144, C145). A `source` that is a file or a
   * symlink is that one entry.
   */
  | {
      readonly kind: 'tree';
      readonly source: string | Uint8Array;
      readonly target: string | Uint8Array;
      readonly uid: number;
      readonly gid: number;
      /** Paths relative to `source` that are left out, with everything below them. */
      readonly exclude?: readonly string[];
    };

export interface LayerTarSpec {
  readonly parts: readonly LayerTarPart[];
  /** Seconds since 1970 of every entry. Default 315532801 (C144). */
  readonly mtimeSeconds?: number;
}
