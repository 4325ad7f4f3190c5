import type { PackageChange } from '../debian/index.ts';
import type { TransferEvent } from '../foundation/index.ts';
import type { Architecture } from './builder-file.ts';

/** What this room tells while it works. */
export type BuilderEvent =
  | TransferEvent
  | {
      readonly kind: 'assembly-started';
      readonly image: 'run' | 'build' | 'toolbox';
      readonly builder: string;
      readonly architecture: Architecture;
      readonly packages: number;
      /** Of the package files, whether they are here already or not. */
      readonly sizeBytes: number;
    }
  | {
      readonly kind: 'assembly-finished';
      readonly image: 'run' | 'build' | 'toolbox';
      readonly builder: string;
      readonly architecture: Architecture;
      readonly milliseconds: number;
    }
  /** The archive has replaced locked packages; newer ones from the signed index are used instead. */
  | { readonly kind: 'packages-superseded'; readonly builder: string; readonly architecture: Architecture; readonly changes: readonly PackageChange[] };
