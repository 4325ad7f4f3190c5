/**
 * tspack as a library: everything the command line does.
 *
 * @packageDocumentation
 */
export { TspackError } from './foundation/index.ts';
export type { Digest, EventSink, TransferEvent } from './foundation/index.ts';
export type * from './platform/index.ts';
