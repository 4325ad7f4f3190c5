import type { BuildEvent } from '../../index.ts';

type OutputEvent = Extract<BuildEvent, { kind: 'output' }>;

/** What a failed program is asked about lies near its end. */
const HELD_BYTES = 65_536;

/** The end of what the last program printed, for a display that shows it only when that program fails. */
export class HeldOutput {
  private events: OutputEvent[] = [];
  private sizeBytes = 0;

  add(event: OutputEvent): void {
    if (this.events.at(-1)?.buildpack !== event.buildpack) this.take();
    this.events.push(event);
    this.sizeBytes += event.bytes.length;
    while (this.sizeBytes > HELD_BYTES && this.events.length > 1) this.sizeBytes -= this.events.shift()!.bytes.length;
  }

  /** What was held; nothing is held from then on. */
  take(): readonly OutputEvent[] {
    const { events } = this;
    this.events = [];
    this.sizeBytes = 0;
    return events;
  }
}
