import type { UnpackEvent } from '../oci/index.ts';

/** What `tspack run` is doing. */
export type RunEvent =
  | UnpackEvent
  /** Connections to the address are passed on to the application's port. */
  | { readonly kind: 'listening'; readonly hostAddress: string; readonly hostPort: number; readonly applicationPort: number; readonly forwarded: boolean }
  | { readonly kind: 'started'; readonly command: readonly string[] }
  /** The application was asked to stop, and is killed after the time given. */
  | { readonly kind: 'stopping'; readonly signal: string; readonly graceMilliseconds: number };
