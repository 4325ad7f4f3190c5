import type { TransferEvent } from '../../index.ts';
import type { Console } from './console.ts';
import { count, formatBytes, formatDuration } from './measure.ts';
import { visible } from './untrusted.ts';

/** In a pipe, a long download says how far it is this often. */
const PLAIN_INTERVAL_MILLISECONDS = 10_000;

/** The transfers of one burst in one direction: from the first that starts until none is under way. */
interface Burst {
  readonly startedAt: number;
  readonly active: Map<string, TransferEvent>;
  finished: number;
  finishedBytes: number;
  saidAt: number;
}

/** Downloads and uploads as one line each: live on a terminal, a sum at the end in a pipe. */
export class Transfers {
  private readonly console: Console;
  private readonly now: () => Date;
  private readonly eachFile: boolean;
  private readonly bursts = new Map<TransferEvent['direction'], Burst>();

  constructor(console: Console, now: () => Date, eachFile: boolean) {
    this.console = console;
    this.now = now;
    this.eachFile = eachFile;
  }

  add(event: TransferEvent): void {
    const time = this.now().getTime();
    const burst = this.bursts.get(event.direction) ?? { startedAt: time, active: new Map(), finished: 0, finishedBytes: 0, saidAt: time };
    this.bursts.set(event.direction, burst);
    if (event.finished) {
      burst.active.delete(event.id);
      burst.finished++;
      burst.finishedBytes += event.doneBytes;
      if (this.eachFile)
        this.console.line(`${event.direction === 'download' ? 'Downloaded' : 'Uploaded'} ${visible(event.label)} (${formatBytes(event.doneBytes)})`);
    } else {
      burst.active.set(event.id, event);
    }
    if (!this.console.isLive && time - burst.saidAt >= PLAIN_INTERVAL_MILLISECONDS) {
      burst.saidAt = time;
      this.console.line(this.describe(event.direction, burst));
    }
  }

  /** What the live block shows. */
  lines(): readonly string[] {
    return [...this.bursts].filter(([, burst]) => burst.active.size > 0).map(([direction, burst]) => this.describe(direction, burst));
  }

  /** Ends the bursts in which nothing moves, with one line each. */
  settle(): void {
    for (const [direction, burst] of this.bursts) {
      if (burst.active.size > 0) continue;
      this.bursts.delete(direction);
      if (burst.finishedBytes === 0) continue;
      const verb = direction === 'download' ? 'Downloaded' : 'Uploaded';
      const time = formatDuration(this.now().getTime() - burst.startedAt);
      this.console.line(`${verb} ${count(burst.finished, 'file')}, ${formatBytes(burst.finishedBytes)} in ${time}`);
    }
  }

  private describe(direction: TransferEvent['direction'], burst: Burst): string {
    const active = [...burst.active.values()];
    const done = active.reduce((sum, event) => sum + event.doneBytes, burst.finishedBytes);
    const known = active.every((event) => event.totalBytes !== undefined);
    const total = active.reduce((sum, event) => sum + (event.totalBytes ?? 0), burst.finishedBytes);
    const milliseconds = Math.max(1, this.now().getTime() - burst.startedAt);
    const what = active.length + burst.finished === 1 ? visible(active[0]?.label ?? '') : count(active.length + burst.finished, 'file');
    return [
      `${direction === 'download' ? 'Downloading' : 'Uploading'} ${what}`,
      known && total > 0 ? `${formatBytes(done)} of ${formatBytes(total)}` : formatBytes(done),
      `${formatBytes(Math.round((done * 1000) / milliseconds))}/s`,
      formatDuration(milliseconds),
    ].join(' · ');
  }
}
