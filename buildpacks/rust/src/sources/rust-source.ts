import type { RuntimeSource } from '../../../../src/sdk/index.ts';

/** How to put one version into an empty folder. */
export interface RustInstallation {
  /** Everything that the content depends on, besides the version. */
  readonly key: string;
  /** Relative folder with `cargo` and `rustc`, and those of their libraries. */
  readonly binDirectory: string;
  readonly libraryDirectories: readonly string[];
  install(directory: string): Promise<void>;
}

/** A place that Rust comes from. */
export type RustSource = RuntimeSource<RustInstallation>;
