/** Where a room tells what it is doing. Only `cli` turns events into text. */
export type EventSink<Event> = (event: Event) => void;

/** The time, as an input. */
export interface Clock {
  now(): Date;
}

export const systemClock: Clock = { now: () => new Date() };

/** A part of a download or an upload that has been moved. */
export interface TransferEvent {
  readonly kind: 'transfer';
  /** Stable over the events of one transfer. */
  readonly id: string;
  /** For people: `node 22.1.0`, `openssl 3.5.1 amd64`. */
  readonly label: string;
  readonly direction: 'download' | 'upload';
  readonly doneBytes: number;
  /** undefined when the sender does not say. */
  readonly totalBytes: number | undefined;
  readonly finished: boolean;
}
