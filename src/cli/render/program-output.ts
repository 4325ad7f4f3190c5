import { outputLine } from './untrusted.ts';

/** A line that never ends is shown in pieces of this many characters. */
const LONGEST_LINE = 65_536;

/** Turns the bytes of a program, cut anywhere, into lines that are safe to show. */
export class ProgramOutput {
  private readonly show: (lines: string) => void;
  private readonly color: boolean;
  private readonly decoder = new TextDecoder();
  private rest = '';

  constructor(show: (lines: string) => void, color: boolean) {
    this.show = show;
    this.color = color;
  }

  add(bytes: Uint8Array): void {
    const lines = (this.rest + this.decoder.decode(bytes, { stream: true })).split(/\r\n|\n|\r(?!$)/);
    this.rest = lines.pop() ?? '';
    // One call for all: a line at a time, what a program floods us with would take minutes.
    if (lines.length > 0) this.show(lines.map((line) => outputLine(line, this.color)).join('\n'));
    while (this.rest.length > LONGEST_LINE) {
      this.show(outputLine(this.rest.slice(0, LONGEST_LINE), this.color));
      this.rest = this.rest.slice(LONGEST_LINE);
    }
  }

  /** Shows a last line that has no end. */
  flush(): void {
    const line = (this.rest + this.decoder.decode()).replace(/\r$/, '');
    this.rest = '';
    if (line !== '') this.show(outputLine(line, this.color));
  }
}
