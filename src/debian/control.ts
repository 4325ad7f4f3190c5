/** One paragraph of a Debian control file. Keys are lower-case; continuation lines keep their line breaks. */
export type ControlFields = ReadonlyMap<string, string>;

/**
 * Reads the paragraphs of a control file (Debian policy 5.1, deb822(5)) as its lines arrive. Comments are skipped, of
 * a field that is there twice the first counts, and lines that are no field are ignored, as apt does.
 */
export class ControlParser {
  readonly #wanted: ReadonlySet<string> | undefined;
  #fields = new Map<string, string>();
  #key: string | undefined;
  #rest = '';

  /** `wanted`: the lower-case keys to keep; all when left out. */
  constructor(wanted?: ReadonlySet<string>) {
    this.#wanted = wanted;
  }

  /** Takes a piece of text; returns the paragraphs that it completes. */
  push(text: string): ControlFields[] {
    const done: ControlFields[] = [];
    const all = this.#rest + text;
    let start = 0;
    for (let end = all.indexOf('\n', start); end >= 0; end = all.indexOf('\n', start)) {
      this.#line(all.slice(start, all.charCodeAt(end - 1) === 0x0d && end > start ? end - 1 : end), done);
      start = end + 1;
    }
    this.#rest = all.slice(start);
    return done;
  }

  /** The last paragraph, which no empty line ended. */
  finish(): ControlFields[] {
    const done: ControlFields[] = [];
    if (this.#rest !== '') this.#line(this.#rest, done);
    this.#rest = '';
    this.#line('', done);
    return done;
  }

  #line(line: string, done: ControlFields[]): void {
    const first = line.charCodeAt(0);
    if (Number.isNaN(first) || line.trim() === '') {
      if (this.#fields.size > 0) done.push(this.#fields);
      this.#fields = new Map();
      this.#key = undefined;
    } else if (first === 0x23) {
      return;
    } else if (first === 0x20 || first === 0x09) {
      if (this.#key !== undefined) this.#fields.set(this.#key, `${this.#fields.get(this.#key)!}\n${line.slice(1)}`);
    } else {
      const colon = line.indexOf(':');
      const key = line.slice(0, Math.max(colon, 0)).toLowerCase();
      this.#key = undefined;
      if (colon <= 0 || this.#fields.has(key) || this.#wanted?.has(key) === false) return;
      this.#key = key;
      this.#fields.set(key, line.slice(colon + 1).trim());
    }
  }
}

/** All paragraphs of a control file in memory. */
export function parseControl(text: string): readonly ControlFields[] {
  const parser = new ControlParser();
  return [...parser.push(text), ...parser.finish()];
}
