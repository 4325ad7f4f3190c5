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

export type RegistryEvent = TransferEvent | RegistryBlobEvent;
