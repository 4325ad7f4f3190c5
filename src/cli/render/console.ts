import type { CliContext, DisplayOptions, TextStream } from '../context.ts';
import { truncate } from './measure.ts';
import { createStyle, type Style } from './style.ts';

/** How often the live block is redrawn, so that a clock in it runs. */
const REDRAW_MILLISECONDS = 100;

/**
 * Standard error as a list of lines, with a block below them that shows what is going on now. In a pipe there is
 * no block.
 */
export interface Console {
  readonly style: Style;
  /** Whether there is a live block. */
  readonly isLive: boolean;
  /** One or more lines that stay. */
  line(text: string): void;
  /** What the block shows; asked again and again. An empty list is no block. */
  show(block: () => readonly string[]): void;
  /** Redraws the block when the last time is long enough ago. */
  refresh(): void;
  /** Removes the block for good. */
  close(): void;
}

export function createConsole(context: CliContext, display: DisplayOptions): Console {
  const stream = context.stderr;
  const isLive = stream.isTerminal && !display.quiet && context.environment['TERM'] !== 'dumb';
  const block = isLive ? new LiveBlock(stream, context.now) : undefined;
  return {
    style: createStyle(display.color),
    isLive,
    line(text) {
      block?.clear();
      const time = display.timestamps ? timestamp(context.now()) : '';
      stream.write(time === '' ? `${text}\n` : `${text.replace(/^/gm, () => time)}\n`);
      block?.draw();
    },
    show: (lines) => block?.show(lines),
    refresh: () => block?.refresh(),
    close: () => block?.close(),
  };
}

/** pack's form: `2006/01/02 15:04:05.000000`, local time. */
function timestamp(now: Date): string {
  const pad = (value: number, digits = 2) => String(value).padStart(digits, '0');
  const date = `${now.getFullYear()}/${pad(now.getMonth() + 1)}/${pad(now.getDate())}`;
  return `${date} ${pad(now.getHours())}:${pad(now.getMinutes())}:${pad(now.getSeconds())}.${pad(now.getMilliseconds(), 3)}000 `;
}

class LiveBlock {
  private readonly stream: TextStream;
  private readonly now: () => Date;
  private lines: () => readonly string[] = () => [];
  private drawn = 0;
  private drawnAt = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(stream: TextStream, now: () => Date) {
    this.stream = stream;
    this.now = now;
  }

  show(lines: () => readonly string[]): void {
    this.lines = lines;
    this.timer ??= setInterval(() => this.refresh(), REDRAW_MILLISECONDS).unref();
  }

  refresh(): void {
    if (this.now().getTime() - this.drawnAt < REDRAW_MILLISECONDS) return;
    this.clear();
    this.draw();
  }

  draw(): void {
    // One column is left free: a full line would wrap on some terminals, and clearing would miss a row.
    const lines = this.lines().map((line) => truncate(line, this.stream.columns - 1));
    if (lines.length > 0) this.stream.write(lines.map((line) => `${line}\n`).join(''));
    this.drawn = lines.length;
    this.drawnAt = this.now().getTime();
  }

  clear(): void {
    if (this.drawn > 0) this.stream.write(`\u001b[${this.drawn}A\u001b[0J`);
    this.drawn = 0;
  }

  close(): void {
    clearInterval(this.timer);
    this.clear();
    this.lines = () => [];
  }
}
