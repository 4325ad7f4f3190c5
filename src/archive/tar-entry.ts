/** What an entry of a tar is. Contiguous files count as files. */
export type TarEntryType = 'file' | 'directory' | 'symlink' | 'link' | 'character-device' | 'block-device' | 'fifo';

/**
 * One entry as it was read. Nothing about it is safe: paths are what the archive says.
 */
export interface TarEntry {
  /** As the archive has it, decoded as UTF-8 (other bytes become U+FFFD), without trailing slashes. */
  readonly path: string;
  /** The bytes of `path`. */
  readonly pathBytes: Uint8Array;
  readonly type: TarEntryType;
  /** Permission bits, sticky, setuid and setgid included. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Bytes of content; 0 for everything but files. */
  readonly sizeBytes: number;
  /** Seconds since 1970. */
  readonly mtimeSeconds: number;
  /** Of symlinks, verbatim; of links, the path of the entry they repeat. */
  readonly linkTarget?: string;
  /** The bytes of `linkTarget`. */
  readonly linkTargetBytes?: Uint8Array;
  /** PAX records of the entry: extended attributes and the like. */
  readonly pax?: Readonly<Record<string, string>>;
  /**
   * The content, to be read at most once and before the next entry is asked for; what is not read is skipped.
   */
  readonly content: AsyncIterable<Uint8Array>;
}
