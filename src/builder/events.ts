import type { TransferEvent } from '../foundation/index.ts';
import type { Architecture } from './builder-file.ts';

/** A package whose locked version is no longer the one in use. */
export interface PackageMove {
  readonly name: string;
  /** undefined: it was not there. */
  readonly from?: string;
  /** undefined: it is gone. */
  readonly to?: string;
}

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
  | { readonly kind: 'packages-superseded'; readonly builder: string; readonly architecture: Architecture; readonly moves: readonly PackageMove[] };
