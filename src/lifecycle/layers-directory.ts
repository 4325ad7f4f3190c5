import type { LayerTarEntry } from '../archive/index.ts';

/**
 * The `<layers>` folder as the phases see it. In the sandbox it may be an overlay (cached layers below, what this
 * build writes above), so the host cannot simply read it: everything below `<layers>` goes through here.
 *
 * Paths are relative to `<layers>`, with `/` between parts: `node_modules.toml`, `samples_java/jre/env/HOME`.
 */
export interface LayersDirectory {
  /**
   * undefined when there is no such regular file. Links are not followed: the host would follow them to its own files.
   * `readLayersFile` follows them as processes do.
   */
  readFile(path: string): Uint8Array | undefined;
  /** Names in a folder, sorted by bytes; undefined when there is no such folder. */
  readdir(path: string): readonly string[] | undefined;
  /** What lies at the path, links not followed; undefined when nothing does. */
  kind(path: string): PathKind | undefined;
  /** Where a link points to, as it is written; undefined when there is no link. */
  readlink(path: string): string | undefined;
  /** Writes a file and makes the folders above it. */
  writeFile(path: string, bytes: Uint8Array | string): void;
  /** Makes a folder and its parents. */
  mkdir(path: string): void;
  /** Renames a file, or the folder of a layer (`<buildpack>/<layer>`). */
  rename(from: string, to: string): void;
  /** Removes a file, a buildpack's folder or a layer's folder; nothing there is fine. */
  remove(path: string): void;
  /** Takes notice of what processes have written. Call it after each process that could write to `<layers>`. */
  refresh(): Promise<void>;
  /** The content of a layer's folder (`<buildpack>/<layer>`) as it stands; undefined when there is no folder. */
  layerTree(path: string): LayerTree | undefined;
}

export type PathKind = 'file' | 'directory' | 'symlink' | 'other';

/** The files of one layer. */
export type LayerTree =
  /** Exactly what was restored: nothing has been written to it. */
  | { readonly kind: 'unchanged'; readonly folder: string }
  /** All files lie in one host folder that this build wrote. */
  | { readonly kind: 'folder'; readonly folder: string }
  /** Some files were restored and some written. */
  | { readonly kind: 'merged'; readonly lower: string; readonly upper: string; readonly entries: readonly MergedEntry[] };

/**
 * A path of a merged layer, as bytes, relative to the layer's folder (empty for the folder itself); entries come
 * in lexical walk order.
 */
export type MergedEntry = Pick<LayerTarEntry, 'type' | 'mode'> & {
  readonly path: Uint8Array;
  readonly linkTarget?: Uint8Array;
  /** Of files: the host file that holds the bytes. */
  readonly source?: Uint8Array;
};
