import type { Digest, TransferEvent } from '../foundation/index.ts';

/** How a blob came to be in a repository. */
export interface RegistryBlobEvent {
  readonly kind: 'registry-blob';
  readonly outcome: 'present' | 'mounted' | 'uploaded';
  /** `localhost:5000/team/app`. */
  readonly repository: string;
  readonly digest: Digest;
  readonly sizeBytes: number;
}

/** A mirror that cannot be read; from now on the repository itself is. */
export interface MirrorFailedEvent {
  readonly kind: 'mirror-failed';
  /** `mirror.example.com/library/node`. */
  readonly mirror: string;
  readonly reason: string;
}

export type RegistryEvent = TransferEvent | RegistryBlobEvent | MirrorFailedEvent;
